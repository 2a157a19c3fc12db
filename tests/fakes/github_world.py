"""What the fake GitHub knows: commits in git repositories on disk, the rest in memory."""

from __future__ import annotations

import itertools
import os
import posixpath
import subprocess
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

APP_ID = "271828"
SLUG = "highwater-test"
INSTALLATION = 314159
MAX_JWT_S = 600


class Refused(Exception):  # noqa: N818  an answer of GitHub's, not our error
    """GitHub answers with an error."""

    def __init__(self, status: int, message: str, **more: Any) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"message": message, **more}


@dataclass
class Pull:
    """A pull request; *source* is the repository that its branch is in."""

    number: int
    title: str
    head_ref: str
    head: str
    source: str
    base_ref: str
    state: str = "open"
    author: str = ""
    body: str = ""
    draft: bool = False
    merged: bool = False
    labels: set[str] = field(default_factory=set)
    reviews: list[dict[str, Any]] = field(default_factory=list)

    @property
    def opened_by(self) -> str:
        """Who opened it: the owner of its branch, unless said otherwise."""
        return self.author or self.source.partition("/")[0]


@dataclass
class Issue:
    number: int
    repository: str
    author: str
    title: str
    body: str
    state: str = "open"


@dataclass
class Comment:
    id: int
    repository: str
    number: int
    author: str
    body: str


@cache
def app_key() -> rsa.RSAPrivateKey:
    """The App's key: one for all tests of a process, because making one takes its time."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass
class World:
    """All state, under one lock; *repositories* holds ``owner/name.git``."""

    repositories: Path
    key: rsa.RSAPrivateKey = field(default_factory=app_key)
    lock: threading.RLock = field(default_factory=threading.RLock)
    pulls: dict[tuple[str, int], Pull] = field(default_factory=dict)
    comments: list[Comment] = field(default_factory=list)
    check_runs: list[dict[str, Any]] = field(default_factory=list)
    annotations: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    issues: list[Issue] = field(default_factory=list)
    hook_deliveries: list[dict[str, Any]] = field(default_factory=list)
    reactions: list[tuple[int, str]] = field(default_factory=list)
    permissions: dict[tuple[str, str], str] = field(default_factory=dict)
    tokens: dict[str, datetime] = field(default_factory=dict)
    logins: dict[str, str] = field(default_factory=dict)  # of tokens that are not the App's
    manifests: dict[str, dict[str, Any]] = field(default_factory=dict)  # by their code
    hook_config: dict[str, str] = field(default_factory=dict)
    installations: set[int] = field(default_factory=lambda: {INSTALLATION})
    renamed: dict[int, str] = field(default_factory=dict)  # present names, by repositories' ids
    now: Callable[[], datetime] = field(default=partial(datetime.now, UTC))
    ids: itertools.count[int] = field(default_factory=lambda: itertools.count(1001))

    @property
    def login(self) -> str:
        return f"{SLUG}[bot]"

    @property
    def private_key(self) -> str:
        """The App's key in PEM."""
        return self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        ).decode()

    def issue_token(self, lifetime: timedelta = timedelta(hours=1)) -> tuple[str, datetime]:
        token = f"ghs_{next(self.ids):08d}"
        self.tokens[token] = datetime.now(UTC) + lifetime
        return token, self.tokens[token]

    def login_of(self, authorization: str) -> str:
        """Say who a token acts as: the App, unless it is a job's or a person's."""
        return self.logins.get(authorization.partition(" ")[2], self.login)

    def require_token(self, authorization: str) -> None:
        scheme, _, token = authorization.partition(" ")
        expires = self.tokens.get(token)
        known = expires is not None and expires > datetime.now(UTC)
        if scheme.lower() not in {"token", "bearer"} or not known:
            raise Refused(401, "Bad credentials")

    def require_app(self, authorization: str) -> None:
        scheme, _, token = authorization.partition(" ")
        try:
            claims = jwt.decode(
                token,
                self.key.public_key(),
                algorithms=["RS256"],
                options={"require": ["iat", "exp", "iss"]},
            )
        except jwt.InvalidTokenError as invalid:
            raise Refused(401, "A JSON web token could not be decoded") from invalid
        lifetime = claims["exp"] - datetime.now(UTC).timestamp()
        if scheme != "Bearer" or str(claims["iss"]) != APP_ID or lifetime > MAX_JWT_S:
            raise Refused(401, "'Expiration time' claim ('exp') is too far in the future")

    def directory(self, name: str) -> Path:
        found = self.repositories / f"{name}.git"
        if not found.is_dir():
            raise Refused(404, "Not Found")
        return found

    def git(
        self, name: str, *arguments: str, stdin: bytes = b"", environ: dict[str, str] | None = None
    ) -> bytes:
        """Ask git; 404 when it refuses."""
        finished = subprocess.run(
            ["git", *arguments],
            cwd=self.directory(name),
            input=stdin,
            env=os.environ | (environ or {}),
            capture_output=True,
            check=False,
        )
        if finished.returncode != 0:
            raise Refused(404, "Not Found")
        return finished.stdout

    def has_commit(self, name: str, sha: str) -> bool:
        try:
            self.git(name, "cat-file", "-e", f"{sha}^{{commit}}")
        except Refused:
            return False
        return True

    def tip(self, name: str, branch: str) -> str:
        return (
            self.git(name, "show-ref", "--verify", "--hash", f"refs/heads/{branch}")
            .decode()
            .strip()
        )

    def entry(self, name: str, ref: str, path: str) -> tuple[str, str]:
        """Give the kind and the sha of what is at *path*; 404 for nothing.

        As on GitHub, a symbolic link shows what it points at, if that is in the repository.
        """
        listed = self.git(name, "ls-tree", ref, "--", path).decode()
        if not listed:
            raise Refused(404, "Not Found")
        mode, kind, sha = listed.split()[:3]
        if mode != "120000":
            return kind, sha
        target = self.git(name, "cat-file", "blob", sha).decode()
        pointed = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
        return self.entry(name, ref, pointed)

    def default_branch(self, name: str) -> str:
        return self.git(name, "symbolic-ref", "--short", "HEAD").decode().strip()

    def pull(self, name: str, number: int) -> Pull:
        found = self.pulls.get((name, number))
        if found is None:
            raise Refused(404, "Not Found")
        return found

    def next_number(self, name: str) -> int:
        """Issues and pull requests share their numbers."""
        pulls = [number for of, number in self.pulls if of == name]
        return 1 + max(
            pulls + [each.number for each in self.issues if each.repository == name] + [0]
        )

    def make_tree(self, name: str, base: str | None, entries: list[dict[str, Any]]) -> str:
        with tempfile.TemporaryDirectory() as folder:
            index = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
            if base:
                self.git(name, "read-tree", base, environ=index)
            for each in entries:
                mode = each["mode"] if each["sha"] else "0"
                entry = f"{mode} {each['sha'] or '0' * 40}\t{each['path']}\0".encode()
                self.git(name, "update-index", "-z", "--index-info", environ=index, stdin=entry)
            return self.git(name, "write-tree", environ=index).decode().strip()

    def make_commit(
        self, name: str, tree: str, parents: list[str], message: str, author: str | None = None
    ) -> str:
        by = author or self.login
        person = {
            f"GIT_{role}_{what}": value
            for role in ("AUTHOR", "COMMITTER")
            for what, value in (("NAME", by), ("EMAIL", f"{by}@example.org"))
        }
        options = [part for parent in parents for part in ("-p", parent)]
        arguments = ("commit-tree", tree, *options, "-F", "-")
        made = self.git(name, *arguments, stdin=message.encode(), environ=person)
        return made.decode().strip()

    def merged(self, name: str, base: str, head: str, message: str) -> str:
        """Make the merge commit of two commits."""
        tree = self.git(name, "merge-tree", "--write-tree", base, head).decode().split()[0]
        return self.make_commit(name, tree, [base, head], message, "web-flow")

    def is_ancestor(self, name: str, older: str, newer: str) -> bool:
        try:
            self.git(name, "merge-base", "--is-ancestor", older, newer)
        except Refused:
            return False
        return True

    def take_heads_of(self, name: str, branch: str) -> None:
        """Let the pull requests of a branch that was moved through the API follow it."""
        for (of, _), pull in self.pulls.items():
            if (of, pull.source, pull.head_ref, pull.state) == (name, name, branch, "open"):
                self.take_head(name, pull)

    def take_head(self, name: str, pull: Pull) -> None:
        """Point ``refs/pull/N/head`` at the branch's tip, as GitHub does after a push."""
        pull.head = self.tip(pull.source, pull.head_ref)
        if pull.source != name:
            self.git(name, "fetch", "--quiet", str(self.directory(pull.source)), pull.head)
        self.git(name, "update-ref", f"refs/pull/{pull.number}/head", pull.head)
