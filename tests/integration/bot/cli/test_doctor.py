from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from bot.cli.diagnosis import (
    Diagnosis,
    Subject,
    check_disk,
    check_git,
    check_private_files,
    check_refused,
)
from bot.cli.diagnosis_github import check_forge
from bot.cli.diagnosis_services import check_database, check_redis
from bot.cli.examination import examine
from bot.store.migrate import migrate
from tests.fakes.cli import run_cli
from tests.fakes.valkey import Valkey, valkey  # noqa: F401 - a fixture


def subject(start: Path, **environ: str) -> Subject:
    places = {f"HIGHWATER_{name.upper()}_DIR": str(start / name) for name in ("state", "cache")}
    return examine({}, {**places, **environ}, start)


def only(found: tuple[Diagnosis, ...]) -> Diagnosis:
    assert len(found) == 1
    return found[0]


def test_git_is_found(tmp_path: Path) -> None:
    assert only(check_git(subject(tmp_path))).found.startswith("git version 2.")


def test_without_git_it_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert only(check_git(subject(tmp_path))).remedy == "apt-get install git"


def test_a_state_directory_that_is_a_file_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("")
    assert check_disk(subject(tmp_path))[0].status == "problem"


def test_directories_that_can_be_made_are_in_order(tmp_path: Path) -> None:
    found = check_disk(subject(tmp_path, HIGHWATER_CACHE_DIR=str(tmp_path / "a" / "b")))
    assert {one.status for one in found} <= {"ok", "warning"}  # a warning where space is scarce


def test_an_env_file_that_others_may_read_is_named(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("")
    (tmp_path / ".env").chmod(0o644)
    assert only(check_private_files(subject(tmp_path))).remedy == f"chmod 600 {tmp_path / '.env'}"


def test_an_env_file_of_its_owner_alone_is_in_order(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("")
    (tmp_path / ".env").chmod(0o600)
    assert only(check_private_files(subject(tmp_path))).status == "ok"


def test_a_state_directory_that_others_may_read_is_named(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir(mode=0o755)
    assert only(check_private_files(subject(tmp_path))).remedy == f"chmod 700 {state}"


def test_a_database_that_others_may_read_is_named(tmp_path: Path) -> None:
    database = tmp_path / "bot.db"
    database.touch(mode=0o644)
    found = check_private_files(subject(tmp_path, DATABASE_URL=f"sqlite:///{database}"))
    assert only(found).remedy == f"chmod 600 {database}"


def test_a_line_of_env_that_is_no_setting_is_a_problem_beside_the_others(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("\nHIGHWATER_PORT\n")
    examined = subject(tmp_path, HIGHWATER_HOST="::1")
    assert only(check_refused(examined)).found.startswith(f"{tmp_path / '.env'}:2: ")
    assert examined.settings.host == "::1"


def test_a_setting_of_env_keeps_its_source_for_the_runner_too(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("HIGHWATER_RUNNER_NAME=a\n")
    examined = subject(tmp_path, HIGHWATER_RUNNER_NAME="b")
    assert examined.runner.runner_name == "a"
    assert examined.runner.sources["runner_name"].value == ".env"


def test_a_private_key_that_cannot_be_read_is_a_problem(tmp_path: Path) -> None:
    settings = {
        "HIGHWATER_GITHUB_APP_ID": "1",
        "HIGHWATER_GITHUB_PRIVATE_KEY_FILE": str(tmp_path / "app.pem"),
    }
    found = only(check_forge(subject(tmp_path, **settings))).found
    assert found.startswith(f"{tmp_path / 'app.pem'}: HIGHWATER_GITHUB_PRIVATE_KEY_FILE: ")
    assert "private key cannot be read" in found


def test_the_embedded_server_need_not_run(tmp_path: Path) -> None:
    assert only(check_redis(subject(tmp_path))).status == "ok"


def test_a_redis_that_answers_is_in_order(tmp_path: Path, valkey: Valkey) -> None:  # noqa: F811
    found = only(check_redis(subject(tmp_path, REDIS_URL=valkey.url)))
    assert (found.status, "with append-only file" in found.found) == ("ok", True)


def test_a_redis_without_append_only_file_is_a_warning(
    tmp_path: Path,
    valkey: Valkey,  # noqa: F811
) -> None:
    valkey.client().config_set("appendonly", "no")
    assert only(check_redis(subject(tmp_path, REDIS_URL=valkey.url))).status == "warning"


def test_a_redis_that_is_away_is_a_problem_that_hides_its_password(tmp_path: Path) -> None:
    found = only(check_redis(subject(tmp_path, REDIS_URL="redis://:hunter2@127.0.0.1:1/0")))
    assert found.status == "problem"
    assert found.remedy == "Start it, or mend REDIS_URL."
    assert "hunter2" not in found.found


def test_the_queue_is_looked_at_where_it_is_another(
    tmp_path: Path,
    valkey: Valkey,  # noqa: F811
) -> None:
    away = "redis://127.0.0.1:1/0"
    found = check_redis(subject(tmp_path, REDIS_URL=valkey.url, QUEUE_URL=away))
    assert [(one.name, one.status) for one in found] == [("redis", "ok"), ("queue", "problem")]


def test_a_database_that_is_not_there_yet_is_not_made(tmp_path: Path) -> None:
    found = only(check_database(subject(tmp_path)))
    assert (found.status, found.remedy) == ("warning", "highwater migrate")
    assert not (tmp_path / "state").exists()


def test_a_database_without_our_tables_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "empty.db").touch()
    found = only(check_database(subject(tmp_path, DATABASE_URL=f"sqlite:///{tmp_path}/empty.db")))
    assert (found.status, found.remedy) == ("problem", "highwater migrate")


def test_a_migrated_database_is_in_order(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/bot.db"
    migrate(url)
    assert only(check_database(subject(tmp_path, DATABASE_URL=url))).status == "ok"


def test_a_file_that_is_no_database_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "bot.db").write_text("this is no database, and long enough to be read as one")
    found = only(check_database(subject(tmp_path, DATABASE_URL=f"sqlite:///{tmp_path}/bot.db")))
    assert found.status == "problem"


def test_a_bare_machine_has_nothing_in_the_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HIGHWATER_WEBHOOK_SECRET", "made-up")
    monkeypatch.setenv("HIGHWATER_CACHE_DIR", str(tmp_path / "cache"))
    result = run_cli("doctor", "--state-dir", str(tmp_path / "state"), "--format", "json")
    document = json.loads(result.stdout)
    assert (result.code, document["problems"], result.stderr) == (0, 0, "")


def test_a_problem_ends_it_with_5(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")
    result = run_cli("doctor", "--state-dir", str(tmp_path / "state"))
    assert result.code == 5
    assert "❌ redis: REDIS_URL: " in result.stdout
    assert "remedy: Start it, or mend REDIS_URL." in result.stdout


def test_for_github_a_problem_is_an_annotation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")
    result = run_cli("doctor", "--state-dir", str(tmp_path / "state"), "--format", "github")
    assert "\n::error title=highwater doctor%3A redis::REDIS_URL: " in result.stdout


def test_a_setting_that_is_not_allowed_silences_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HIGHWATER_PORT", "many")
    result = run_cli("doctor")
    assert (result.code, "✓ python: " in result.stdout) == (5, True)
    assert re.search(r"HIGHWATER_PORT +not allowed, see below +\[environment\]", result.stdout)
    assert (
        "❌ settings: environment: HIGHWATER_PORT: 'many' is not allowed for HIGHWATER_PORT.\n"
        "      remedy: Allowed: a whole number from 0 to 65535.\n"
    ) in result.stdout


def test_what_is_not_set_is_null_in_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    document = json.loads(run_cli("doctor", "--format", "json").stdout)
    shown = {one["name"]: one["value"] for one in document["settings"]}
    assert shown["HIGHWATER_GITHUB_APP_ID"] is None
