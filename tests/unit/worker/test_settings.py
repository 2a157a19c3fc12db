from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import UserError
from worker.settings import (
    RUNNER_SETTINGS,
    RunnerSettings,
    parse_variables,
    read_runner_settings,
    required_queue_url,
    runner_environment,
    setup_variables,
)

NO_FILE = Path("/nonexistent")


def read(**environ: str) -> RunnerSettings:
    return read_runner_settings({}, environ=environ, start=NO_FILE)


def test_a_flag_goes_before_the_environment() -> None:
    settings = read_runner_settings(
        {"runner_tags": "bench-a,linux"},
        environ={"HIGHWATER_RUNNER_TAGS": "linux"},
        start=NO_FILE,
    )
    assert settings.runner_tags == ("bench-a", "linux")


def test_the_work_directory_lies_in_the_state_directory() -> None:
    assert read(HIGHWATER_STATE_DIR="/s").work_dir == Path("/s/work")


def test_a_runner_without_a_queue_says_what_to_set() -> None:
    with pytest.raises(UserError, match="QUEUE_URL is not set"):
        required_queue_url(read())


def test_a_runner_does_not_take_the_bots_redis_for_its_queue() -> None:
    assert read(REDIS_URL="redis://localhost").queue_url is None


def test_the_queue_url_stands_in_no_repr() -> None:
    assert "hunter2" not in repr(read(QUEUE_URL="redis://:hunter2@localhost"))


def test_setup_sees_what_the_allow_list_names() -> None:
    environ = {"PIP_INDEX_URL": "i", "HTTPS_PROXY": "p", "AWS_SECRET_ACCESS_KEY": "s"}
    assert setup_variables(read(), environ) == {"PIP_INDEX_URL": "i", "HTTPS_PROXY": "p"}


@pytest.mark.parametrize(
    "name", ["UV_PUBLISH_TOKEN", "UV_PUBLISH_PASSWORD", "UV_INDEX_OURS_PASSWORD", "PIP_TOKEN"]
)
def test_setup_sees_no_token_of_its_tools_unless_the_operator_names_it(name: str) -> None:
    assert setup_variables(read(), {name: "s3cret"}) == {}


@pytest.mark.parametrize("pattern", ["H*", "HIGHWATER_WEBHOOK_SECRET", "R*", "DATABASE_URL"])
def test_setup_never_sees_our_own_variables(pattern: str) -> None:
    environ = {
        "HIGHWATER_WEBHOOK_SECRET": "s",
        "REDIS_URL": "r",
        "QUEUE_URL": "q",
        "DATABASE_URL": "d",
    }
    assert setup_variables(read(HIGHWATER_SETUP_ENV=pattern), environ) == {}


@pytest.mark.parametrize("text", ["*", "A B", "1A", "A*B", ","])
def test_what_names_no_variables_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the message is the caller's
        parse_variables(text)


def test_a_runners_environment_has_nothing_of_the_bot() -> None:
    secret = {
        "HIGHWATER_WEBHOOK_SECRET": "s",
        "HIGHWATER_GITHUB_PRIVATE_KEY": "k",
        "REDIS_URL": "r",
        "DATABASE_URL": "d",
    }
    made = runner_environment(read(QUEUE_URL="redis://q"), {**secret, "PATH": "/bin"})
    assert not secret.keys() & made.keys()


def test_a_runner_started_from_it_reads_the_same_settings() -> None:
    flags: dict[str, str | None] = {
        "queue_url": "redis://q",
        "runner_name": "r1",
        "runner_tags": "linux,bench-a",
        "state_dir": "/s",
        "work_dir": "/w",
        "cache_dir": "/c",
        "setup_env": "PIP_*",
        "base_python": "/usr/bin/python3",
        "dedicated": "yes",
        "log_level": "DEBUG",
        "log_config": "/l.json",
    }
    given = read_runner_settings(flags, environ={}, start=NO_FILE)
    made = read_runner_settings({}, environ=runner_environment(given, {}), start=NO_FILE)
    fields = [setting.field for setting in RUNNER_SETTINGS]
    assert [getattr(made, name) for name in fields] == [getattr(given, name) for name in fields]


def test_debugging_reaches_the_runner() -> None:
    assert runner_environment(read(), {"HIGHWATER_DEBUG": "1"})["HIGHWATER_DEBUG"] == "1"


def test_what_is_none_of_ours_reaches_the_runner() -> None:
    assert runner_environment(read(), {"LANG": "C.UTF-8"})["LANG"] == "C.UTF-8"


def test_a_machine_is_dedicated_only_where_its_operator_says_so() -> None:
    found = [read().dedicated, read(HIGHWATER_DEDICATED="yes").dedicated]
    assert found == [False, True]


@pytest.mark.parametrize("text", ["true", "1", "Yes"])
def test_dedicated_is_yes_or_no(text: str) -> None:
    with pytest.raises(UserError, match=r"HIGHWATER_DEDICATED: .*Allowed: yes or no"):
        read(HIGHWATER_DEDICATED=text)
