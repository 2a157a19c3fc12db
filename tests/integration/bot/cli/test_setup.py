"""A person makes the App in the browser; what GitHub gives is stored here, and nothing else."""

from __future__ import annotations

import html
import json
import re
import stat
import threading
import webbrowser
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from bot.cli import setup as command
from bot.cli.setup import Plan, store
from bot.github.app_wants import EVENTS, PERMISSIONS
from bot.github.auth import app_auth
from bot.github.manifest import MadeApp, github_at
from bot.setting_table import Secret
from bot.settings import github_credentials, read_settings
from tests.fakes.cli import CommandResult, run_cli
from tests.fakes.github import BAD_GATEWAY, LOST_REQUEST, Failure, FakeGitHub, fake_github
from tests.fakes.github_setup_routes import NEW_APP_ID, WEBHOOK_SECRET
from tests.fakes.local_page import read

PUBLIC = "https://highwater.example.org"
Open = Callable[[str], bool]


@pytest.fixture
def github(tmp_path: Path) -> Iterator[FakeGitHub]:
    with fake_github(tmp_path) as fake:
        yield fake
        assert fake.violations == []


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "start"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.delenv("HIGHWATER_ENV_FILE", raising=False)
    monkeypatch.setenv("HIGHWATER_STATE_DIR", str(tmp_path / "state"))
    return folder


class Person:
    """Opens the page, confirms the App on GitHub, and is sent back; *meddles* before that."""

    def __init__(self, github: FakeGitHub, meddles: Callable[[str], None] | None = None) -> None:
        self.github = github
        self.meddles = meddles or (lambda _back: None)
        self.manifest: dict[str, object] = {}
        self.creation_url = ""

    def open(self, url: str) -> bool:
        threading.Thread(target=self._confirm, args=(url,)).start()
        return True

    def _confirm(self, url: str) -> None:
        _, page = read(url)
        action, manifest = re.findall(r'(?:action|value)="([^"]*)"', page)
        self.creation_url = html.unescape(action)
        self.manifest = json.loads(html.unescape(manifest))
        (state,) = parse_qs(urlsplit(self.creation_url).query)["state"]
        self.github.world.manifests["code-1"] = self.manifest
        back = str(self.manifest["redirect_url"])
        self.meddles(back)
        read(f"{back}?code=code-1&state={state}")


def set_up(
    monkeypatch: pytest.MonkeyPatch, person: Person, *more: str, public_url: str = PUBLIC
) -> CommandResult:
    monkeypatch.setattr(webbrowser, "open", person.open)
    place = ("--github-url", person.github.base_url)
    return run_cli("setup", "--public-url", public_url, "--name", "HW-acme", *place, *more)


def test_one_click_makes_the_app_and_the_bot_can_use_it(
    github: FakeGitHub, start: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = set_up(monkeypatch, Person(github))

    settings = read_settings()
    credentials = github_credentials(settings)
    assert result.code == 0, result.stderr
    assert (credentials.app_id, settings.public_url) == (str(NEW_APP_ID), PUBLIC)
    assert settings.webhook_secret is not None
    assert settings.webhook_secret.reveal() == WEBHOOK_SECRET
    assert settings.github_api_url == f"{github.base_url}/api/v3"
    assert settings.github_clone_url == github.base_url + "/{repository}.git"
    assert app_auth(credentials).token


def test_only_its_owner_reads_what_was_stored(
    github: FakeGitHub, start: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (start / ".env").write_text("# mine\nHIGHWATER_PORT=9000\n")
    (start / ".env").chmod(0o644)
    set_up(monkeypatch, Person(github))

    stored = [start / ".env", *(tmp_path / "state").glob("*.pem")]
    assert [stat.S_IMODE(each.stat().st_mode) for each in stored] == [0o600, 0o600]


def test_other_lines_of_the_env_file_stay(
    github: FakeGitHub, start: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (start / ".env").write_text("# mine\nHIGHWATER_PORT=9000\n")
    set_up(monkeypatch, Person(github))

    assert (start / ".env").read_text().startswith("# mine\nHIGHWATER_PORT=9000\n")


def test_no_secret_is_told(
    github: FakeGitHub, start: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = set_up(monkeypatch, Person(github))

    told = result.stdout + result.stderr
    assert [one for one in (WEBHOOK_SECRET, "PRIVATE KEY", "code-1") if one in told] == []


def test_the_app_asks_for_what_the_table_says_and_no_more(
    github: FakeGitHub, start: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = Person(github)
    set_up(monkeypatch, person)

    assert person.manifest["default_permissions"] == {one.name: one.level for one in PERMISSIONS}
    assert person.manifest["default_events"] == [one.name for one in EVENTS]
    assert person.manifest["hook_attributes"] == {"url": f"{PUBLIC}/webhook", "active": True}
    assert person.manifest["public"] is False


def test_an_organisations_app_is_asked_for_at_its_own_page(
    github: FakeGitHub, start: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = Person(github)
    set_up(monkeypatch, person, "--organisation", "acme")

    assert "/organizations/acme/settings/apps/new?state=" in person.creation_url


def test_an_answer_with_another_state_is_not_believed(
    github: FakeGitHub, start: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers: list[int] = []

    def meddle(back: str) -> None:
        queries = ("code=evil", "code=evil&state=", "code=evil&state=guess", "state=%FF")
        answers.extend(read(f"{back}?{query}")[0] for query in queries)

    result = set_up(monkeypatch, Person(github, meddle))

    assert (result.code, answers) == (0, [400] * 4)
    assert [each.path for each in github.sent("POST")] == ["/app-manifests/code-1/conversions"]


def test_an_app_that_is_set_up_is_not_replaced_unasked(
    github: FakeGitHub, start: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (start / ".env").write_text("HIGHWATER_GITHUB_APP_ID=7\n")
    result = set_up(monkeypatch, Person(github))

    assert (result.code, "--replace" in result.stderr) == (5, True)
    assert (start / ".env").read_text() == "HIGHWATER_GITHUB_APP_ID=7\n"


def test_asked_to_it_replaces_the_app(
    github: FakeGitHub, start: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (start / ".env").write_text("HIGHWATER_GITHUB_APP_ID=7\n")
    result = set_up(monkeypatch, Person(github), "--replace")

    assert (result.code, read_settings().github_app_id) == (0, str(NEW_APP_ID))
    assert f"The App 7 is not used any more: delete it at {github.base_url}" in result.stderr


@pytest.mark.parametrize("url", ["http://127.0.0.1:8787", "http://localhost", "http://[::1]:1"])
def test_an_address_that_github_cannot_reach_is_refused_before_anything_is_made(
    github: FakeGitHub, start: Path, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    result = set_up(monkeypatch, Person(github), public_url=url)

    assert (result.code, "--public-url" in result.stderr) == (5, True)
    assert github.requests == []


def test_a_code_that_github_does_not_know_stores_nothing(
    github: FakeGitHub, start: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = set_up(monkeypatch, Person(github, lambda _back: github.world.manifests.clear()))

    assert (result.code, "again" in result.stderr) == (5, True)
    assert not (start / ".env").exists()


def test_nobody_waits_for_ever(
    github: FakeGitHub, start: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "PATIENCE_S", 0.1)
    monkeypatch.setattr(webbrowser, "open", lambda _url: True)

    result = run_cli("setup", "--public-url", PUBLIC, "--github-url", github.base_url)

    assert (result.code, "did not send anybody back" in result.stderr) == (5, True)


def test_without_a_browser_the_address_is_printed_and_nothing_is_opened(
    github: FakeGitHub, start: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(command, "PATIENCE_S", 0.1)
    monkeypatch.setattr(webbrowser, "open", opened.append)

    result = run_cli("setup", "--public-url", PUBLIC, "--no-browser")

    assert (opened, "Open http://127.0.0.1:" in result.stderr) == ([], True)


@pytest.mark.parametrize(
    "arguments,problem",
    [
        (("--name", "x" * 35), "34"),
        (("--github-url", "github.com"), "http"),
        (("--organisation", "a/b"), "organisation"),
    ],
)
def test_what_github_would_not_take_is_refused_before_anything_is_made(
    start: Path, arguments: tuple[str, ...], problem: str
) -> None:
    result = run_cli("setup", "--public-url", PUBLIC, "--no-browser", *arguments)

    assert (result.code, problem in result.stderr) == (5, True)


def test_what_an_app_elsewhere_left_in_the_settings_is_replaced(
    github: FakeGitHub, start: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = "https://old.example.org"
    left = f"HIGHWATER_GITHUB_API_URL={other}/api/v3\nHIGHWATER_FORGE=local\n"
    left += "HIGHWATER_WEBHOOK_SECRET=old\nHIGHWATER_WEBHOOK_SECRET_PREVIOUS=older\n"
    (start / ".env").write_text(left + f"HIGHWATER_GITHUB_CLONE_URL={other}/{{repository}}.git\n")
    place = github_at("https://github.com")
    state = start.parent / "state"
    state.mkdir()
    plan = Plan(
        name="hw",
        public_url=PUBLIC,
        github=place,
        organisation=None,
        state_dir=state,
        env_file=start / ".env",
    )
    key = Secret(github.world.private_key)
    store(plan, MadeApp(id="7", slug="hw", page="p", private_key=key, webhook_secret=None))

    settings = read_settings()
    assert (settings.github_api_url, settings.forge) == ("https://api.github.com", "github")
    assert settings.github_clone_url == place.clone_url
    assert settings.webhook_secrets == ()  # what is signed with theirs is not believed any more


@pytest.mark.parametrize("trouble", [BAD_GATEWAY, LOST_REQUEST])
def test_a_moments_silence_of_github_does_not_lose_the_app(
    github: FakeGitHub, start: Path, monkeypatch: pytest.MonkeyPatch, trouble: Failure
) -> None:
    monkeypatch.setattr(command, "PAUSES_S", (0.0, 0.0))
    github.fail("POST", "/conversions$", trouble)

    assert set_up(monkeypatch, Person(github)).code == 0


def test_an_app_whose_credentials_never_came_is_named_with_the_page_to_delete_it_at(
    github: FakeGitHub, start: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = Person(github, lambda _back: github.world.manifests.clear())

    said = set_up(monkeypatch, person, "--organisation", "acme").stderr

    assert "made the App HW-acme" in said
    assert f"{github.base_url}/organizations/acme/settings/apps," in said


def test_a_slug_that_is_a_path_is_not_written_to(
    github: FakeGitHub, start: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = set_up(monkeypatch, Person(github), "--name", "../evil")

    assert result.code == 5
    assert list(tmp_path.rglob("*.pem")) == []
