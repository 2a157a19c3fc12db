from __future__ import annotations

import pickle
import re
from pathlib import Path

import pytest

from bot.setting_table import (
    SETTINGS,
    parse_clone_url,
    parse_pause,
    parse_port,
    parse_secret,
    parse_web_url,
)
from bot.settings import (
    Secret,
    Settings,
    github_credentials,
    read_settings,
    service_environment,
)
from engine.errors import UserError
from engine.precedence import Source

NO_FILE = Path("/nonexistent")


def read(**environ: str) -> Settings:
    return read_settings({}, environ=environ, start=NO_FILE)


def test_a_flag_goes_before_the_environment() -> None:
    settings = read_settings({"port": "1"}, environ={"HIGHWATER_PORT": "2"}, start=NO_FILE)
    assert (settings.port, settings.sources["port"]) == (1, Source.FLAG)


def test_a_flag_that_was_not_given_says_nothing() -> None:
    settings = read_settings({"port": None}, environ={"HIGHWATER_PORT": "2"}, start=NO_FILE)
    assert (settings.port, settings.sources["port"]) == (2, Source.ENVIRONMENT)


def test_every_setting_has_a_value_and_a_source() -> None:
    settings = read()
    fields = {setting.field for setting in SETTINGS}
    assert fields == settings.sources.keys()
    assert all(hasattr(settings, name) for name in fields)


def test_the_database_lies_in_the_state_directory() -> None:
    assert read(HIGHWATER_STATE_DIR="/s").database_url == "sqlite:////s/highwater.db"


def test_without_any_redis_the_embedded_one_serves() -> None:
    settings = read()
    assert settings.embedded
    assert settings.queue_url is None


def test_one_redis_serves_the_queue_too() -> None:
    assert read(REDIS_URL="redis://a").queue_url == "redis://a"


def test_the_queue_may_be_another_redis() -> None:
    settings = read(REDIS_URL="redis://a", QUEUE_URL="redis://b")
    assert (settings.redis_url, settings.queue_url) == ("redis://a", "redis://b")


def test_links_start_with_the_address_that_is_served() -> None:
    assert read(HIGHWATER_PORT="9").public_url == "http://127.0.0.1:9"


def test_an_ipv6_address_stands_in_brackets_in_links() -> None:
    assert read(HIGHWATER_HOST="::1").public_url == "http://[::1]:8787"


def test_an_app_id_means_github() -> None:
    assert (read().forge, read(HIGHWATER_GITHUB_APP_ID="1").forge) == ("local", "github")


def test_the_local_forge_can_be_asked_for_beside_an_app_id() -> None:
    assert read(HIGHWATER_GITHUB_APP_ID="1", HIGHWATER_FORGE="local").forge == "local"


def test_two_webhook_secrets_hold_during_a_change() -> None:
    settings = read(HIGHWATER_WEBHOOK_SECRET="new", HIGHWATER_WEBHOOK_SECRET_PREVIOUS="old")
    assert [secret.reveal() for secret in settings.webhook_secrets] == ["new", "old"]


def test_without_a_webhook_secret_there_is_none() -> None:
    assert read().webhook_secrets == ()


def test_no_secret_stands_in_a_repr() -> None:
    settings = read(
        HIGHWATER_WEBHOOK_SECRET="hunter2",
        HIGHWATER_GITHUB_PRIVATE_KEY="hunter2",
        REDIS_URL="redis://:hunter2@localhost",
        DATABASE_URL="postgresql://bot:hunter2@localhost/bot",
    )
    assert "hunter2" not in f"{settings!r} {settings} {settings.webhook_secrets}"


def test_a_secret_formats_as_nothing() -> None:
    assert f"{Secret('hunter2')} {Secret('hunter2')!r}" == "Secret(…) Secret(…)"


def test_a_secret_equals_the_same_secret_alone() -> None:
    assert Secret("a") == Secret("a") != Secret("b")


def test_a_secret_survives_a_process_border() -> None:
    assert pickle.loads(pickle.dumps(Secret("a"))) == Secret("a")


def test_a_private_key_on_one_line_gets_its_line_ends() -> None:
    assert parse_secret("-----BEGIN X-----\\nAA\\n").reveal() == "-----BEGIN X-----\nAA\n"


def test_a_backslash_in_another_secret_stays() -> None:
    assert parse_secret("a\\nb").reveal() == "a\\nb"


@pytest.mark.parametrize("text", ["-1", "65536", "http", "80.5"])
def test_what_is_no_port_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the message is the caller's
        parse_port(text)


@pytest.mark.parametrize("text", ["ftp://host", "host", "https://"])
def test_what_is_no_web_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the message is the caller's
        parse_web_url(text)


def test_a_web_address_loses_its_last_slash() -> None:
    assert parse_web_url("https://bot.example/") == "https://bot.example"


def test_a_clone_url_must_say_where_the_repository_goes() -> None:
    with pytest.raises(ValueError, match=r"github\.com"):
        parse_clone_url("https://github.com/x.git")


@pytest.mark.parametrize(
    "variable,text",
    [
        ("HIGHWATER_PORT", "http"),
        ("HIGHWATER_FORGE", "gitlab"),
        ("HIGHWATER_PUBLIC_URL", "bot"),
        ("HIGHWATER_GITHUB_APP_ID", "a b"),
        ("HIGHWATER_RUNNER_TAGS", "A"),
        ("HIGHWATER_LOG_LEVEL", "LOUD"),
        ("DATABASE_URL", "bot.db"),
        ("REDIS_URL", "localhost"),
    ],
)
def test_a_value_that_is_not_allowed_is_refused_by_name(variable: str, text: str) -> None:
    with pytest.raises(UserError, match=f"environment: {variable}: .*Allowed: "):
        read(**{variable: text})


def test_credentials_need_the_app_id() -> None:
    with pytest.raises(UserError, match="HIGHWATER_GITHUB_APP_ID is not set"):
        github_credentials(read(HIGHWATER_GITHUB_PRIVATE_KEY="k"))


def test_credentials_need_the_private_key() -> None:
    with pytest.raises(UserError, match="HIGHWATER_GITHUB_PRIVATE_KEY_FILE is not set"):
        github_credentials(read(HIGHWATER_GITHUB_APP_ID="1"))


def test_a_service_started_from_its_environment_reads_the_same_settings() -> None:
    flags: dict[str, str | None] = {
        "state_dir": "/s",
        "database_url": "sqlite:////d.db",
        "redis_url": "redis://:p@a",
        "queue_url": "redis://b",
        "host": "0.0.0.0",
        "port": "9",
        "public_url": "https://bot.example",
        "webhook_secret": "new",
        "webhook_secret_previous": "old",
        "forge": "github",
        "github_app_id": "1",
        "github_private_key": "-----BEGIN X-----\nAA\n",
        "runner_tags": "linux,bench-a",
        "log_level": "ERROR",
    }
    given = read_settings(flags, environ={}, start=NO_FILE)
    made = read_settings({}, environ=service_environment(given, {}), start=NO_FILE)
    fields = [setting.field for setting in SETTINGS]
    assert [getattr(made, name) for name in fields] == [getattr(given, name) for name in fields]


def test_a_services_environment_drops_what_its_parent_did_not_follow() -> None:
    given = read_settings({"forge": "local"}, environ={}, start=NO_FILE)
    made = service_environment(given, {"HIGHWATER_GITHUB_APP_ID": "1", "PATH": "/bin"})
    assert "HIGHWATER_GITHUB_APP_ID" not in made
    assert made["PATH"] == "/bin"


@pytest.mark.parametrize(
    "text,seconds", [("20s", 20), ("5", 5), ("2m", 120), ("60m", 3600), (" 30s ", 30)]
)
def test_a_pause_is_read_in_seconds_or_minutes(text: str, seconds: int) -> None:
    assert parse_pause(text) == seconds


@pytest.mark.parametrize("text", ["", "4s", "0", "61m", "20 s", "-20s", "1h", "20.5s", "many"])
def test_a_pause_of_another_form_or_length_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        parse_pause(text)


def test_another_process_polls_as_often() -> None:
    environ = service_environment(read(HIGHWATER_POLL="2m"), {})
    assert read(**environ).poll == 120
