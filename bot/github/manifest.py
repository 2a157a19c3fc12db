"""GitHub's app-manifest flow: the manifest, the page that is asked for it, and what comes back."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import quote

import msgspec

from bot.github.app_wants import EVENTS, PERMISSIONS
from bot.github.client import GitHubApi, open_requester
from bot.github.errors import translated
from bot.github.retry import rate_retry
from bot.setting_table import Secret
from engine.errors import UserError

GITHUB = "https://github.com"
AGAIN = "Run `highwater setup` again, and finish within the hour."
EXAMPLE_URL = "https://highwater.example.org"
_CODE = re.compile(r"[A-Za-z0-9_-]{1,255}")
_SLUG = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,99}\Z"
_OWNER = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,98}")


class Converted(msgspec.Struct, frozen=True, kw_only=True):
    """What GitHub tells of the App that it has just made; the client's secret is not taken."""

    id: int
    slug: Annotated[str, msgspec.Meta(pattern=_SLUG)]  # becomes the name of a file
    html_url: str
    pem: str
    webhook_secret: str | None = None

    def __repr__(self) -> str:
        """Leave the secrets out."""
        return f"Converted(id={self.id!r}, slug={self.slug!r})"


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeApp:
    """A GitHub App that was made a moment ago, with its secrets."""

    id: str
    slug: str
    page: str
    private_key: Secret
    webhook_secret: Secret | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GitHubPlace:
    """One GitHub: where people go, where programs go, where git goes."""

    web_url: str
    api_url: str
    clone_url: str


def github_at(web_url: str) -> GitHubPlace:
    """Give the addresses of a GitHub by the one that people open.

    >>> github_at("https://ghe.example.org").api_url
    'https://ghe.example.org/api/v3'
    >>> github_at("https://github.com").clone_url
    'https://github.com/{repository}.git'
    >>> github_at("https://acme.ghe.com").api_url
    'https://api.acme.ghe.com'
    """
    scheme, _, host = web_url.partition("://")
    hosted = host == "github.com" or host.endswith(".ghe.com")  # by GitHub itself
    api = f"{scheme}://api.{host}" if hosted else f"{web_url}/api/v3"
    return GitHubPlace(web_url=web_url, api_url=api, clone_url=f"{web_url}/{{repository}}.git")


def manifest(name: str, public_url: str, redirect_url: str | None = None) -> dict[str, Any]:
    """Describe the App: what it may do and hears of, and no more.

    *redirect_url* is where GitHub sends the browser with the code.
    """
    described: dict[str, Any] = {
        "name": name,
        "url": public_url,
        "description": "Judges pull requests by measured speed and strategy quality.",
        "hook_attributes": {"url": webhook_url(public_url), "active": True},
        "public": False,
        "default_permissions": {one.name: one.level for one in PERMISSIONS},
        "default_events": [one.name for one in EVENTS],
    }
    return described if redirect_url is None else {**described, "redirect_url": redirect_url}


def manifest_file() -> bytes:
    """Write the manifest as an example, as ``config/github_app_manifest.json`` holds it."""
    example = manifest("highwater-example", EXAMPLE_URL, "http://127.0.0.1:PORT/made")
    return msgspec.json.format(msgspec.json.encode(example), indent=2) + b"\n"


def webhook_url(public_url: str) -> str:
    """Name the address that GitHub posts to."""
    return f"{public_url.rstrip('/')}/webhook"


def creation_url(place: GitHubPlace, organisation: str | None, state: str) -> str:
    """Name the page of GitHub's that takes the manifest, of a person or of an organisation.

    Raises:
        UserError: no organisation can have that name.
    """
    if organisation is None:
        return f"{place.web_url}/settings/apps/new?state={quote(state)}"
    if not _OWNER.fullmatch(organisation):
        problem = f"{organisation[:100]!r} is no name of an organisation."
        raise UserError(problem, None, "Give it as it stands in its address on GitHub.")
    return f"{place.web_url}/organizations/{organisation}/settings/apps/new?state={quote(state)}"


def convert(place: GitHubPlace, code: str) -> MadeApp:
    """Exchange the code, which is good once and for an hour, for the App's credentials.

    Raises:
        UserError: the code is not one, or GitHub knows it no more.
        TransientError: GitHub is away.
    """
    if not _CODE.fullmatch(code):
        problem = "GitHub's answer holds no code."
        raise UserError(problem, None, AGAIN)
    requester = open_requester(GitHubApi(api_url=place.api_url), None, retry=rate_retry())
    try:
        with translated("making the App"):
            path = f"/app-manifests/{code}/conversions"
            _, answer = requester.requestJsonAndCheck("POST", path)
    except UserError as refused:
        raise UserError(refused.problem, None, AGAIN) from refused
    finally:
        requester.close()
    return _made(place, answer)


def _made(place: GitHubPlace, answer: object) -> MadeApp:
    try:
        told = msgspec.convert(answer, Converted)
    except msgspec.ValidationError as unreadable:
        problem = f"{place.api_url} does not answer as GitHub's API does."
        raise UserError(problem, None, "Check --github-url.") from unreadable
    return MadeApp(
        id=str(told.id),
        slug=told.slug,
        page=told.html_url,
        private_key=Secret(told.pem),
        webhook_secret=Secret(told.webhook_secret) if told.webhook_secret else None,
    )
