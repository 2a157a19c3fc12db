"""The check of a laptop: the path of a pull request with no forge and no queue.

A database is only looked into, for what null runs say of this machine.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bot.checks.certificates import with_certificates
from bot.checks.planning import PlannedRun, completed, plan_check
from bot.checks.results import UTC_SECONDS
from bot.git import git, git_succeeds
from bot.high_water import Origin, read_origin
from bot.laptop_suites import declaration, named_suites, of_tier
from bot.local_sessions import Kept, with_continued
from bot.mirror import Mirror
from bot.store.nulls import NullStore
from engine.configuration import Configuration, Policy, Tier
from engine.errors import UserError, Where
from engine.findings import Verdict, VerdictKind
from engine.identity import derived_seed
from engine.orders import RunOrder, RunReport
from engine.plan import PlanRequest, select_suites
from engine.values import CheckId, CommitSha, RepositoryName
from engine.verdicts import CheckFacts, judge_check, judge_run

WORKTREE = "WORKTREE"
_SHA = 10  # characters of a commit that are told
_DEFAULT_BRANCHES = ("origin/HEAD", "main", "master")

CarryOut = Callable[[RunOrder, Path], RunReport]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What to compare: *base* a revision, a baseline file, or None for the default branch.

    The file's path is from the current directory, whatever *directory* is.

    *suites* names suites to run whatever changed; empty: those of the tier whose paths changed.
    """

    directory: Path
    base: str | None = None
    head: str = WORKTREE
    suites: tuple[str, ...] = ()
    tier: Tier | None = None  # None: what a pull request has measured without asking
    origin: Origin | None = None  # of the baseline's file, where it was read before
    repository: RepositoryName | None = None  # None: named by its folder
    pull_request: int | None = None
    kind: VerdictKind = "laptop"
    policy: Policy | None = None  # None: that of the commit whose declaration holds


@dataclass(frozen=True, slots=True, kw_only=True)
class Commits:
    """The three commits of a check, and the one whose declaration holds."""

    target: CommitSha
    base: CommitSha
    head: CommitSha
    declared_at: CommitSha
    configuration: Configuration


def check_locally(
    wish: Wish,
    carry_out: CarryOut,
    now: datetime,
    nulls: NullStore | None = None,
    kept: Kept | None = None,
) -> Verdict:
    """Measure head against base here and judge it, as the bot judges a pull request.

    *nulls* holds the null sessions of this machine (None: there are none), *kept* what earlier
    checks here measured of the same files, which is gone on with.

    Raises:
        UserError: no repository, revision, declaration or suite of that name.
    """
    repository = Mirror(top_of(wish.directory))
    commits = find_commits(repository, wish)
    changed = repository.changed_paths(commits.base, commits.head)
    selection = select_suites(of_tier(commits.configuration, wish.tier), changed)
    named = named_suites(commits.configuration, wish.suites)
    plan = _plan(repository, commits, wish, named or selection.selected, now)
    planned = plan_check(plan, repository, commits.declared_at)
    if nulls is not None:
        planned = with_certificates(planned, nulls, now)
    if kept is not None:
        planned = kept.continuing(planned)
    suites = []
    for run, report in measured(repository, planned, carry_out):
        if kept is not None:
            kept.keep(run.order, report)
        suites.append(with_continued(judge_run(run.order, run.terms, report), run.order))
    skipped = () if named else selection.skipped
    verdict = judge_check(_facts(wish, plan, commits, now), suites, skipped=skipped)
    if kept is not None:
        kept.keep_family((run.order for run in planned), verdict)
    return verdict


def find_commits(mirror: Mirror, wish: Wish) -> Commits:
    """Resolve the revisions; a declaration that only head has is taken from head."""
    directory = mirror.directory
    head = snapshot(directory) if wish.head == WORKTREE else commit_of(directory, wish.head)
    if is_baseline(wish.base):  # only what is measured is old: the rules are today's
        target, base = default_tip(directory), _origin_of(directory, wish)
    else:
        target = commit_of(directory, wish.base) if wish.base else default_tip(directory)
        base = mirror.merge_base(target, head)
    # A person named something else than was meant; a job is for whatever was pushed.
    if wish.kind == "laptop" and _same_files(directory, base, head):
        problem = f"head and base ({base[:7]}) hold the same files: there is nothing to compare."
        raise UserError(problem, None, "Change something, or name another --base or --head.")
    declared_at, configuration = declaration(mirror, (target, head))
    return Commits(
        target=target, base=base, head=head, declared_at=declared_at, configuration=configuration
    )


def _same_files(directory: Path, *commits: CommitSha) -> bool:
    return len({git(directory, "rev-parse", f"{one}^{{tree}}") for one in commits}) == 1


def is_baseline(base: str | None) -> bool:
    """Whether a wish's base is a baseline's file, and not a revision."""
    return base is not None and base.endswith(".json")


def snapshot(directory: Path) -> CommitSha:
    """Make a commit of the work tree as it is, ignored files left out; no branch moves.

    Gives HEAD itself when nothing differs from it.
    """
    head = commit_of(directory, "HEAD")
    with tempfile.TemporaryDirectory(prefix="highwater-") as folder:
        index = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
        git(directory, "read-tree", head, environ=index)
        git(directory, "add", "--all", environ=index)
        tree = git(directory, "write-tree", environ=index).decode().strip()
    if tree == git(directory, "rev-parse", f"{head}^{{tree}}").decode().strip():
        return head
    author = {
        f"GIT_{who}_{what}": value
        for who in ("AUTHOR", "COMMITTER")
        for what, value in (("NAME", "work tree"), ("EMAIL", "work-tree@localhost"))
    }
    made = git(directory, "commit-tree", tree, "-p", head, "-m", "Work tree", environ=author)
    return CommitSha(made.decode().strip())


def top_of(directory: Path) -> Path:
    """Find the top of the repository that *directory* is in.

    Raises:
        UserError: it is in none, or in one without its history.
    """
    if not git_succeeds(directory, "rev-parse", "--show-toplevel"):
        problem = f"{directory} is not in a git repository."
        raise UserError(problem, None, "Name one with --repo.")
    if git(directory, "rev-parse", "--is-shallow-repository").strip() == b"true":
        problem = "the repository is a shallow clone: it lacks the history that a check needs."
        remedy = (
            "Run `git fetch --unshallow`; in a job of GitHub Actions give `actions/checkout` the "
            "input `fetch-depth: 0`."
        )
        raise UserError(problem, None, remedy)
    return Path(os.fsdecode(git(directory, "rev-parse", "--show-toplevel").rstrip(b"\n")))


def commit_of(directory: Path, revision: str) -> CommitSha:
    """Find the commit that a revision names.

    Raises:
        UserError: it names none.
    """
    asked = ("rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}")
    if not git_succeeds(directory, *asked):
        problem = f"{revision!r} is not a commit of this repository."
        raise UserError(problem, None, "Name a branch, a tag or a commit.")
    return CommitSha(git(directory, *asked).decode().split()[-1])


def measured(
    repository: Mirror, planned: Sequence[PlannedRun], carry_out: CarryOut
) -> Iterator[tuple[PlannedRun, RunReport]]:
    """Carry out one order after the other, each on a bundle of its commits."""
    with tempfile.TemporaryDirectory(prefix="highwater-") as folder:
        mirror = _borrowing(repository, Path(folder) / "mirror.git")
        bundle = Path(folder) / "source.bundle"
        for run in planned:
            order = run.order
            mirror.bundle({order.base, order.head, order.measuring_from}, bundle)
            yield run, carry_out(order, bundle)


def local_name(repository: Mirror) -> RepositoryName:
    """Name a repository that only its folder names."""
    return RepositoryName(f"local/{repository.directory.name}")


def default_tip(directory: Path) -> CommitSha:
    """Find the tip of the default branch.

    Raises:
        UserError: there is none.
    """
    for branch in _DEFAULT_BRANCHES:
        if git_succeeds(directory, "rev-parse", "--quiet", "--verify", f"{branch}^{{commit}}"):
            return commit_of(directory, branch)
    problem = "no default branch was found: neither origin/HEAD nor main nor master exists."
    remedy = "Name the base with --base REV, or run `git remote set-head origin --auto`."
    raise UserError(problem, None, remedy)


def _origin_of(directory: Path, wish: Wish) -> CommitSha:
    origin = wish.origin or read_origin(str(wish.base))
    try:
        return commit_of(directory, origin.commit)
    except UserError as unknown:
        remedy = "Fetch the history that holds it, or record the baseline anew."
        raise UserError(unknown.problem, Where(origin.file, field="git_sha"), remedy) from unknown


def _plan(
    repository: Mirror, commits: Commits, wish: Wish, selected: tuple[str, ...], now: datetime
) -> PlanRequest:
    return PlanRequest(
        check=CheckId(f"local-{now.strftime('%Y%m%d-%H%M%S')}-{commits.head[:7]}"),
        repository=wish.repository or local_name(repository),
        configuration=completed(commits.configuration, repository, commits.base),
        selected=selected,
        base=commits.base,
        head=commits.head,
        seed=derived_seed(0, commits.base, commits.head),
        entropy="local",
    )


def _borrowing(repository: Mirror, directory: Path) -> Mirror:
    """Make a bare repository on the same objects, so that no ref of the user's is touched."""
    directory.mkdir()
    git(directory, "init", "--quiet", "--bare")
    objects = git(repository.directory, "rev-parse", "--git-path", "objects").rstrip(b"\n")
    place = repository.directory / os.fsdecode(objects)
    (directory / "objects" / "info" / "alternates").write_text(f"{place.resolve()}\n")
    return Mirror(directory)


def _facts(wish: Wish, plan: PlanRequest, commits: Commits, now: datetime) -> CheckFacts:
    policy = wish.policy or commits.configuration.policy
    return CheckFacts(
        check=plan.check,
        repository=plan.repository,
        pull_request=wish.pull_request,
        head=commits.head,
        base=commits.base,
        target=commits.target,
        policy=None,
        created_utc=now.strftime(UTC_SECONDS),
        inconclusive_fails=policy.inconclusive == "failure",
        kind=wish.kind,
        asked=_asked(wish, commits),
    )


def _asked(wish: Wish, commits: Commits) -> tuple[str, ...]:
    """Give the arguments that name the same two sides again: a branch, as it is by then."""
    base = ("--base", wish.base or commits.target[:_SHA])
    return base if wish.head == WORKTREE else (*base, "--head", wish.head)
