"""What ``doctor`` finds about GitHub: its address, the clock, the App, the webhook."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from github import GithubIntegration

from bot.cli.diagnosis import Diagnosis, Subject, ok, problem, told, warning
from bot.clock import utc_now
from bot.github.app_wants import lacking_events, lacking_permissions
from bot.github.auth import AppIdentity, app_auth
from bot.github.client import GitHubApi, open_requester
from bot.github.deliveries import GitHubHookDeliveries
from bot.github.errors import BadToken, translated
from bot.github.manifest import webhook_url
from bot.github.signature import BadSignatureError, verify
from bot.github.tokens import MemoryTokens
from bot.ports import HookDelivery, HookPayload
from bot.settings import Settings, github_credentials
from engine.errors import HighwaterError, UserError

TIMEOUT_S = 2
SKEW_PROBLEM_S = 60.0  # GitHub refuses a key's signature that is from its future
SKEW_WARNING_S = 20.0
PLACEHOLDERS = frozenset({"change-me", "changeme", "secret"})
WEBHOOK_REMEDY = "Set it to the secret of the App's webhook; on the local forge to any long text."
APP_REMEDY = "Change it on the App's page and accept it where the App is installed."
_REFUSED = 401
_API = "HIGHWATER_GITHUB_API_URL"

Rows = tuple[Diagnosis, ...]
Answer = tuple[dict[str, Any], Any]


def check_forge(subject: Subject) -> Rows:
    """Look whether GitHub is where the settings say, takes the App, and gives what it needs."""
    settings = subject.settings
    if settings.forge == "local":
        return ok("forge", f"local: repositories in {settings.local_repositories}")
    clock: Rows = ()
    try:
        with _identity(settings) as app:
            clock = clock_of(_greeting(settings), utc_now())
            return (*_clone_url(settings), *clock, *_of_the_app(app), *_of_the_hook(app, settings))
    except HighwaterError as error:
        return (*clock, *_trouble(error, skewed=any(one.status == "problem" for one in clock)))


def check_webhook(subject: Subject) -> Rows:
    """Look whether deliveries can be trusted, and whether links lead here from outside."""
    settings = subject.settings
    if settings.webhook_secret is None:
        found = "no HIGHWATER_WEBHOOK_SECRET: `highwater up` does not start without one"
        return problem("webhook", found, WEBHOOK_REMEDY)
    if settings.webhook_secret.reveal().strip().lower() in PLACEHOLDERS:
        found = "HIGHWATER_WEBHOOK_SECRET is the example's: anybody may forge a delivery"
        return problem("webhook", found, WEBHOOK_REMEDY)
    if settings.forge == "local":
        return ok("webhook", f"local: {settings.public_url}")
    if is_loopback(urlsplit(settings.public_url).hostname or ""):
        remedy = "Set HIGHWATER_PUBLIC_URL to the address that GitHub and people reach."
        return warning("webhook", f"links lead to {settings.public_url}", remedy)
    return ok("webhook", f"{len(settings.webhook_secrets)} secret(s), {settings.public_url}")


def clock_of(headers: dict[str, Any], now: datetime) -> Rows:
    """Compare this machine's clock with GitHub's, as its answer dated itself; none: nothing."""
    try:
        theirs = parsedate_to_datetime(str(headers.get("date")))
    except ValueError:
        return ()
    ahead_s = (now - theirs).total_seconds()
    found = f"{abs(ahead_s):.0f} s {'ahead of' if ahead_s > 0 else 'behind'} GitHub's"
    remedy = "Set this machine's clock by NTP: GitHub refuses what is signed at another time."
    if abs(ahead_s) > SKEW_PROBLEM_S:
        return problem("clock", found, remedy)
    if abs(ahead_s) > SKEW_WARNING_S:
        return warning("clock", found, remedy)
    return ok("clock", "agrees with GitHub's")


def is_loopback(host: str) -> bool:
    """Whether a host's name is one of this machine alone."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _greeting(settings: Settings) -> dict[str, Any]:
    """Ask for the API's root, which needs no credentials; gives the headers.

    Raises:
        UserError: what answers there is no GitHub.
        TransientError: nothing does.
    """
    api = GitHubApi(api_url=settings.github_api_url, timeout_s=TIMEOUT_S)
    requester = open_requester(api, None)
    try:
        with translated(f"asking {settings.github_api_url}"):
            headers, body = requester.requestJsonAndCheck("GET", "/")
    except BadToken:
        return {}  # an Enterprise Server in private mode, which answers nobody it does not know
    except UserError as refused:
        raise _no_api(refused.problem) from refused
    finally:
        requester.close()
    if not isinstance(body, dict) or "current_user_url" not in body:
        problem_found = f"what answers at {settings.github_api_url} is not GitHub's API"
        raise _no_api(problem_found)
    return headers


def _no_api(found: str) -> UserError:
    remedy = f"Set {_API} to https://HOST/api/v3 of an Enterprise Server; github.com needs none."
    return UserError(found, None, remedy)


@contextmanager
def _identity(settings: Settings) -> Iterator[AppIdentity]:
    integration = GithubIntegration(
        auth=app_auth(github_credentials(settings)),
        base_url=settings.github_api_url,
        timeout=TIMEOUT_S,
        retry=None,
        seconds_between_requests=None,
    )
    identity = AppIdentity(integration, MemoryTokens())
    try:
        yield identity
    finally:
        identity.close()


def _trouble(error: HighwaterError, *, skewed: bool) -> Rows:
    if not isinstance(error, UserError):
        return problem("github", str(error), f"Look at the network, at proxies and at {_API}.")
    remedy = "Set the clock first: it alone may be the reason." if skewed else error.remedy
    return problem("github", told(error), remedy)


def _of_the_app(app: AppIdentity) -> Rows:
    _, told_of = app.ask("GET", "/app")
    name = told_of.get("slug")
    lacking = [
        *(f"permission {one}" for one in lacking_permissions(told_of.get("permissions") or {})),
        *(f"event {one}" for one in lacking_events(told_of.get("events") or [])),
    ]
    if lacking:
        return problem("github", f"the App {name} lacks: {', '.join(lacking)}", APP_REMEDY)
    return _installations(app, str(name), str(told_of.get("html_url") or "its page"))


def _installations(app: AppIdentity, name: str, page: str) -> Rows:
    """Look where the App is installed: a permission that was added later waits for consent."""
    _, found = app.ask("GET", "/app/installations", {"per_page": 100})
    if not found:
        remedy = f"Install it on the repositories to guard: {page}/installations/new"
        return warning("github", f"the App {name} is installed nowhere", remedy)
    rows = tuple(row for one in found for row in _consent(one))
    fine = f"the App {name} has every permission and event it needs, in {len(found)} place(s)"
    return rows or ok("github", fine)


def _consent(installation: dict[str, Any]) -> Rows:
    account = (installation.get("account") or {}).get("login") or installation.get("id")
    if installation.get("suspended_at"):
        remedy = "Take it up again in the account's settings, under GitHub Apps."
        return warning("github", f"{account} has suspended the App", remedy)
    lacking = lacking_permissions(installation.get("permissions") or {})
    if not lacking:
        return ()
    remedy = f"An owner of {account} accepts them, in the settings under GitHub Apps."
    return problem("github", f"{account} has not accepted: {', '.join(lacking)}", remedy)


def _of_the_hook(app: AppIdentity, settings: Settings) -> Rows:
    """Look where the App's webhooks go, and whether they are signed with our secret."""
    _, config = app.ask("GET", "/app/hook/config")
    wanted = webhook_url(settings.public_url)
    found: Rows = ()
    received = settings.poll is None  # what is fetched may have been sent anywhere, in vain
    here_alone = is_loopback(urlsplit(wanted).hostname or "")
    if received and not here_alone and config.get("url") != wanted:
        remedy = f"Set the App's webhook URL to {wanted}, or mend HIGHWATER_PUBLIC_URL."
        found += problem("hook address", f"GitHub posts to {config.get('url')}", remedy)
    if config.get("content_type", "json") != "json":
        remedy = "Set the webhook's content type to application/json on the App's page."
        found += problem("hook content", f"GitHub posts {config['content_type']}", remedy)
    if not config.get("secret"):
        remedy = "Set HIGHWATER_WEBHOOK_SECRET's text as the webhook secret on the App's page."
        return (*found, *problem("hook secret", "the App signs nothing", remedy))
    return (*found, *_secret(GitHubHookDeliveries(app), settings))


def _secret(hooks: GitHubHookDeliveries, settings: Settings) -> Rows:
    """Look at the newest delivery that a signature was refused of, or that arrived."""
    answered = [one for one in hooks.recent().deliveries if one.status_code]
    newest = max(answered, key=lambda one: one.delivered_utc, default=None)
    if newest is None or newest.status_code != _REFUSED:
        return _delivered(newest) if settings.poll is None else ()
    if _is_ours(hooks.payload(newest.id), settings):
        return ()  # it was refused before the secret was mended
    found = f"deliveries are refused with 401, {newest.event} the last: they have another secret"
    remedy = "Set the App's webhook secret and HIGHWATER_WEBHOOK_SECRET to the same text."
    return problem("hook secret", found, remedy)


def _delivered(newest: HookDelivery | None) -> Rows:
    if newest is None or newest.event == "ping" or newest.status_code < _REFUSED - 1:
        return ()  # the ping is sent when the App is made, before anything can listen
    found = f"the last delivery, {newest.event}, was answered with {newest.status_code}"
    remedy = "See that `highwater web` runs and that the proxy in front of it passes /webhook on."
    return warning("hook address", found, remedy)


def _is_ours(sent: HookPayload, settings: Settings) -> bool:
    """Whether one of our secrets signed it; the body is told as JSON, which has many spellings."""
    headers = {name.lower(): text for name, text in sent.headers.items()}
    value = json.loads(sent.body)
    spelled = [json.dumps(value, separators=(",", ":"), ensure_ascii=one) for one in (True, False)]
    secrets = [secret.reveal().encode() for secret in settings.webhook_secrets]
    for text in (*spelled, sent.body.decode()):
        try:
            verify(text.encode(), headers.get("x-hub-signature-256"), secrets)
        except BadSignatureError:
            continue
        return True
    return False


def _clone_url(settings: Settings) -> Rows:
    """Look whether git fetches from the same GitHub, over TLS."""
    clone, api = (urlsplit(one) for one in (settings.github_clone_url, settings.github_api_url))
    if clone.hostname is None or is_loopback(clone.hostname):
        return ()  # a path on this disk, or git's own spelling of SSH
    variable = "HIGHWATER_GITHUB_CLONE_URL"
    if clone.hostname != (api.hostname or "").removeprefix("api."):
        found = f"git fetches from {clone.hostname}, but the API is {api.hostname}'s"
        return problem("clone address", found, f"Set {variable} to https://HOST/{{repository}}.git")
    if clone.scheme == "http":
        found = f"{variable} is http: no token is sent there, so private repositories stay shut"
        return problem("clone address", found, "Set it to https://HOST/{repository}.git")
    return ()
