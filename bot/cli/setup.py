"""``highwater setup``: a GitHub App by GitHub's manifest flow, its credentials stored here."""

from __future__ import annotations

import secrets
import time
import webbrowser
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import click

from bot.cli.env_file import write_private, write_settings
from bot.cli.manifest_page import HOST, ManifestPage, served
from bot.cli.options import setting_options
from bot.cli.output import message
from bot.cli.workplace import require_writable
from bot.github.manifest import (
    GITHUB,
    GitHubPlace,
    MadeApp,
    convert,
    creation_url,
    github_at,
    manifest,
)
from bot.setting_table import parse_web_url
from bot.settings import Settings, read_settings, where_to_set
from engine.errors import HighwaterError, TransientError, UserError, Where
from worker.queue.private_folders import private_folder
from worker.queue.settings import ENV_FILE_VARIABLE, STATE_DIR, current_environ

PATIENCE_S = 15 * 60.0
MAX_NAME = 34  # characters of an App's name
PAUSES_S = (1.0, 5.0)  # before GitHub is asked once more: its code is good for an hour


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Which App is to be made where, and where its credentials go."""

    name: str
    public_url: str
    github: GitHubPlace
    organisation: str | None
    state_dir: Path
    env_file: Path


@click.command()
@setting_options("public_url", "state_dir")
@click.option("--name", help="The App's name, unique on GitHub. Default: highwater- and 6 digits.")
@click.option("--organisation", help="Make it for this organisation. Default: for yourself.")
@click.option(
    "--github-url",
    default=GITHUB,
    show_default=True,
    help="The GitHub that people open; of an Enterprise Server https://HOST.",
)
@click.option("--no-browser", is_flag=True, help="Print the address; open nothing.")
@click.option("--replace", is_flag=True, help="Replace the App that is set up already.")
def setup(  # noqa: PLR0913 - one parameter for each flag
    flags: Mapping[str, str | None],
    *,
    name: str | None,
    organisation: str | None,
    github_url: str,
    no_browser: bool,
    replace: bool,
) -> None:
    """Make the GitHub App and store its credentials: a page opens, one click, done.

    GitHub shows what the App asks for before anything is made. Its private key goes into the
    state directory, its id and secret into `.env`, both readable for you alone. Of several
    machines, run this on the one that runs `jobs`.

    \b
    Example:
      highwater setup --public-url https://highwater.example.org
      highwater setup --public-url https://highwater.example.org --organisation acme --no-browser
    """  # noqa: D301 - \b is click's mark for lines that are not to be refilled
    settings = read_settings(flags)
    _require_no_app(settings, replace=replace)
    plan = Plan(
        name=_name(name),
        public_url=_reachable(settings),
        github=github_at(_web_url(github_url)),
        organisation=organisation,
        state_dir=private_folder(settings.state_dir, STATE_DIR.variable),
        env_file=_env_file(settings),
    )
    require_writable(plan.env_file)
    store(plan, exchange(plan, _ask(plan, opens=not no_browser)))
    if settings.github_app_id is not None:
        former = f"The App {settings.github_app_id} is not used any more"
        message(f"{former}: delete it at {_apps_page(plan)}, and its private key here.")


def exchange(plan: Plan, code: str) -> MadeApp:
    """Have GitHub's code turned into the App's credentials, in spite of a moment's silence.

    Raises:
        UserError: GitHub does not give them; says that there is an App now, and where.
    """
    try:
        for pause in PAUSES_S:
            with suppress(TransientError):
                return convert(plan.github, code)
            time.sleep(pause)
        return convert(plan.github, code)
    except HighwaterError as error:
        said = error.problem if isinstance(error, UserError) else str(error)
        problem = f"GitHub made the App {plan.name}, but did not give its credentials: {said}"
        remedy = f"Delete it at {_apps_page(plan)}, then run `highwater setup` again."
        raise UserError(problem, None, remedy) from error


def store(plan: Plan, app: MadeApp) -> None:
    """Store the credentials, each in a file of its owner's alone, and say what comes next.

    Raises:
        UserError: a file cannot be written; says what was made and where the rest is found.
    """
    key = plan.state_dir / f"{app.slug}.private-key.pem"
    secret = app.webhook_secret.reveal() if app.webhook_secret else None
    try:
        write_private(key, app.private_key.reveal().encode())
        write_settings(plan.env_file, _settings(plan, app, key, secret))
    except (OSError, UserError) as error:
        problem = f"GitHub made the App {app.slug}, but its credentials were not stored: {error}"
        remedy = f"Delete it at {app.page}, then run `highwater setup` again."
        raise UserError(problem, None, remedy) from error
    message(f"Made the App {app.slug}. Its key is in {key}, the rest in {plan.env_file}.")
    if secret is None:
        message(f"GitHub gave no webhook secret: set one at {app.page} and in {plan.env_file}.")
    message(f"Install it on the repositories to guard: {app.page}/installations/new")
    message("Then: highwater migrate, highwater doctor, highwater up")


def _ask(plan: Plan, *, opens: bool) -> str:
    """Have a person confirm the App on GitHub; gives GitHub's code."""
    target = partial(creation_url, plan.github, plan.organisation)
    target("")  # refuses a name before anything is shown
    with served(target, partial(manifest, plan.name, plan.public_url)) as page:
        _say_where(page)
        if opens and not webbrowser.open(page.url):
            message("No browser could be opened here: open the address yourself.")
        return page.wait(PATIENCE_S)


def _apps_page(plan: Plan) -> str:
    owner = "" if plan.organisation is None else f"/organizations/{plan.organisation}"
    return f"{plan.github.web_url}{owner}/settings/apps"


def _say_where(page: ManifestPage) -> None:
    message(f"Open {page.url}")
    tunnel = f"ssh -L {page.port}:{HOST}:{page.port} THIS-MACHINE"
    message(f"From another machine, first: {tunnel}")


def _settings(plan: Plan, app: MadeApp, key: Path, secret: str | None) -> dict[str, str | None]:
    """Give all that says which App it is and where: what another one left there is replaced.

    Its secrets, too: what is signed with them would be believed.
    """
    return {
        STATE_DIR.variable: str(plan.state_dir),  # where the key is, whatever flag named it
        "HIGHWATER_PUBLIC_URL": plan.public_url,
        "HIGHWATER_FORGE": "github",
        "HIGHWATER_GITHUB_APP_ID": app.id,
        "HIGHWATER_GITHUB_PRIVATE_KEY_FILE": str(key),
        "HIGHWATER_GITHUB_API_URL": plan.github.api_url,
        "HIGHWATER_GITHUB_CLONE_URL": plan.github.clone_url,
        "HIGHWATER_WEBHOOK_SECRET": secret,
        "HIGHWATER_WEBHOOK_SECRET_PREVIOUS": None,
    }


def _require_no_app(settings: Settings, *, replace: bool) -> None:
    """Refuse to replace an App unasked; a private key in ``.env`` would outdo the new one's."""
    if settings.github_private_key is not None:
        problem = "HIGHWATER_GITHUB_PRIVATE_KEY is set, and would be used instead of the new key."
        where = where_to_set(settings, "HIGHWATER_GITHUB_PRIVATE_KEY")
        raise UserError(problem, where, "Remove it first.")
    if settings.github_app_id is not None and not replace:
        problem = f"the App {settings.github_app_id} is set up already."
        where = where_to_set(settings, "HIGHWATER_GITHUB_APP_ID")
        raise UserError(problem, where, "Give --replace to put a new one in its place.")


def _reachable(settings: Settings) -> str:
    """Give the address that GitHub will post to.

    Raises:
        UserError: nobody but this machine reaches it.
    """
    host = urlsplit(settings.public_url).hostname or ""
    if _is_loopback(host):
        problem = f"{settings.public_url} leads to this machine alone: GitHub cannot post there."
        remedy = "Give --public-url, the address that GitHub and people reach `web` at."
        raise UserError(problem, where_to_set(settings, "HIGHWATER_PUBLIC_URL"), remedy)
    return settings.public_url


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _name(given: str | None) -> str:
    name = given or f"highwater-{secrets.randbelow(10**6):06d}"
    if not 1 <= len(name) <= MAX_NAME:
        problem = f"the name has {len(name)} characters; GitHub takes up to {MAX_NAME}."
        raise UserError(problem, Where("--name"), "Give a shorter one.")
    return name


def _web_url(text: str) -> str:
    try:
        return parse_web_url(text)
    except ValueError:
        problem = f"{text!r} is no http(s) address."
        raise UserError(problem, Where("--github-url"), "Give https://HOST.") from None


def _env_file(settings: Settings) -> Path:
    if settings.env_file is not None:
        return settings.env_file
    named = current_environ().get(ENV_FILE_VARIABLE)
    return Path.cwd() / (Path(named).expanduser() if named else ".env")
