from __future__ import annotations

from pathlib import Path

import pytest

from bot.cli.command_settings import COMMAND_SETTINGS
from bot.cli.diagnosis import Diagnosis, Subject, check_names, check_refused, check_sandbox
from bot.cli.diagnosis_github import check_forge, check_webhook
from bot.cli.doctor import redacted, shown_settings
from bot.cli.examination import examine
from bot.setting_table import SETTINGS
from worker.settings import RUNNER_SETTINGS

NO_FILE = Path("/nonexistent")
SECRETS = {
    "HIGHWATER_WEBHOOK_SECRET": "hunter2",
    "HIGHWATER_WEBHOOK_SECRET_PREVIOUS": "hunter2",
    "HIGHWATER_GITHUB_PRIVATE_KEY": "hunter2",
    "REDIS_URL": "redis://:hunter2@a/0",
    "QUEUE_URL": "redis://:hunter2@b/0?password=hunter2",
    "DATABASE_URL": "postgresql://bot:hunter2@c/bot",
}


def subject(**environ: str) -> Subject:
    return examine({}, environ, NO_FILE)


def only(found: tuple[Diagnosis, ...]) -> Diagnosis:
    assert len(found) == 1
    return found[0]


def test_every_setting_is_shown_once() -> None:
    shown = [one.name for one in shown_settings(subject())]
    assert set(shown) == {one.variable for one in (*SETTINGS, *RUNNER_SETTINGS, *COMMAND_SETTINGS)}
    assert len(shown) == len(set(shown))


def test_no_secret_is_shown() -> None:
    assert "hunter2" not in repr(shown_settings(subject(**SECRETS)))


def test_a_secret_is_said_to_be_set_or_not() -> None:
    shown = {one.name: one.value for one in shown_settings(subject(HIGHWATER_WEBHOOK_SECRET="s"))}
    assert shown["HIGHWATER_WEBHOOK_SECRET"] == "set"
    assert shown["HIGHWATER_WEBHOOK_SECRET_PREVIOUS"] is None


def test_each_setting_tells_its_source() -> None:
    shown = {one.name: one.source for one in shown_settings(subject(HIGHWATER_PORT="9"))}
    assert shown["HIGHWATER_PORT"] == "environment"
    assert shown["HIGHWATER_HOST"] == "code default"


BAD = {"HIGHWATER_PORT": "many", "HIGHWATER_SETUP_ENV": "a b", "UPDATE_BASELINES": "perhaps"}


def test_each_setting_that_is_not_allowed_is_a_problem_of_its_own() -> None:
    found = check_refused(subject(**BAD))
    named = {name for one in found for name in BAD if name in one.found}
    assert (named, len(found), {one.status for one in found}) == (set(BAD), 3, {"problem"})


def test_a_setting_that_is_not_allowed_is_shown_as_such_with_its_source() -> None:
    shown = {one.name: one for one in shown_settings(subject(**BAD))}
    assert [(shown[name].value, shown[name].allowed, shown[name].source) for name in BAD] == [
        (None, False, "environment")
    ] * 3


def test_the_settings_beside_one_that_is_not_allowed_are_read() -> None:
    examined = subject(**BAD, HIGHWATER_HOST="::1", HIGHWATER_BASE_PYTHON="/usr/bin/python3")
    assert (examined.settings.host, examined.settings.port) == ("::1", 8787)
    assert examined.runner.base_python == Path("/usr/bin/python3")


def test_a_secret_that_is_not_allowed_is_not_told() -> None:
    examined = subject(REDIS_URL="hunter2")
    assert "hunter2" not in repr(check_refused(examined)) + repr(shown_settings(examined))


def test_the_source_of_a_runners_setting_is_told() -> None:
    shown = {one.name: one.source for one in shown_settings(subject(HIGHWATER_SETUP_ENV="PIP_*"))}
    assert shown["HIGHWATER_SETUP_ENV"] == "environment"
    assert shown["HIGHWATER_WORK_DIR"] == "code default"


@pytest.mark.parametrize(
    "url,shown",
    [
        ("redis://a:6379/0", "redis://a:6379/0"),
        ("rediss://u:p@a:6379/0", "rediss://…@a:6379/0"),
        ("unix:///run/v.sock?db=1", "unix:///run/v.sock?…"),
        ("unix://:p@/run/v.sock", "unix://…@/run/v.sock"),
        ("sqlite:////s/h.db", "sqlite:////s/h.db"),
    ],
)
def test_a_url_loses_what_may_be_secret(url: str, shown: str) -> None:
    assert redacted(url) == shown


def test_a_variable_that_looks_like_ours_and_is_not_is_named() -> None:
    found = only(check_names(subject(HIGHWATER_PROT="9")))
    assert (found.status, found.remedy) == ("warning", "Did you mean HIGHWATER_PORT?")


def test_known_variables_are_in_order() -> None:
    known = {"HIGHWATER_PORT": "9", "HIGHWATER_DEBUG": "1", "HIGHWATER_ENV_FILE": "/dev/null"}
    assert only(check_names(subject(**known))).status == "ok"


def test_it_says_that_there_is_no_sandbox() -> None:
    assert "trusted repositories only" in only(check_sandbox(subject())).remedy


def test_the_local_forge_needs_no_credentials() -> None:
    assert only(check_forge(subject())).status == "ok"


def test_github_without_a_private_key_is_a_problem() -> None:
    found = only(check_forge(subject(HIGHWATER_GITHUB_APP_ID="1")))
    assert (found.name, found.status) == ("github", "problem")
    assert "HIGHWATER_GITHUB_PRIVATE_KEY_FILE is not set" in found.found


def test_a_private_key_that_is_none_is_a_problem() -> None:
    settings = {"HIGHWATER_GITHUB_APP_ID": "1", "HIGHWATER_GITHUB_PRIVATE_KEY": "hunter2"}
    found = only(check_forge(subject(**settings)))
    assert (found.status, "hunter2" in repr(found)) == ("problem", False)


def test_github_without_a_webhook_secret_is_a_problem() -> None:
    assert only(check_webhook(subject(HIGHWATER_FORGE="github"))).status == "problem"


def test_the_local_forge_without_a_webhook_secret_is_a_problem_too() -> None:
    assert only(check_webhook(subject())).status == "problem"


def test_links_that_lead_to_this_machine_alone_are_a_warning() -> None:
    settings = {"HIGHWATER_FORGE": "github", "HIGHWATER_WEBHOOK_SECRET": "s"}
    assert only(check_webhook(subject(**settings))).status == "warning"


def test_a_webhook_with_a_secret_and_a_public_address_is_in_order() -> None:
    settings = {
        "HIGHWATER_FORGE": "github",
        "HIGHWATER_WEBHOOK_SECRET": "s",
        "HIGHWATER_PUBLIC_URL": "https://bot.example",
    }
    assert only(check_webhook(subject(**settings))).status == "ok"
