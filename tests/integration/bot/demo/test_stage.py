"""A stage of the demonstration touches nothing of the person who runs it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.demo.stage import person_environment, stage_settings
from worker.settings import read_runner_settings, setup_variables

THEIRS = {
    "PATH": "/usr/bin",
    "REDIS_URL": "redis://production/0",
    "QUEUE_URL": "redis://production/1",
    "DATABASE_URL": "sqlite:////var/lib/production.db",
    "HIGHWATER_FORGE": "github",
    "HIGHWATER_GITHUB_APP_ID": "12345",
    "HIGHWATER_WEBHOOK_SECRET": "of production",
}


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {**THEIRS, "HOME": str(tmp_path / "home")}


def test_it_has_services_of_its_own(tmp_path: Path, environ: dict[str, str]) -> None:
    settings = stage_settings(tmp_path, environ, 8787)

    assert (settings.embedded, settings.forge, settings.github_app_id) == (True, "local", None)
    assert settings.database_url == f"sqlite:///{tmp_path / 'highwater.db'}"


def test_it_signs_with_a_secret_of_its_own(tmp_path: Path, environ: dict[str, str]) -> None:
    secrets = {stage_settings(tmp_path, environ, 8787).webhook_secret for _ in range(2)}

    assert [len(secrets), "of production" in map(str, secrets)] == [2, False]


def test_its_runner_has_the_tag_that_the_project_asks_for(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    assert {"linux", "demo"} <= set(stage_settings(tmp_path, environ, 8787).runner_tags)


def test_a_users_commands_see_none_of_our_settings_but_the_cache(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    settings = stage_settings(tmp_path, {**environ, "HIGHWATER_CACHE_DIR": "/cache"}, 8787)

    theirs = person_environment(settings, environ)

    assert {name for name in theirs if name.startswith(("HIGHWATER", "REDIS", "DATABASE"))} == {
        "HIGHWATER_CACHE_DIR",
        "HIGHWATER_ENV_FILE",
    }


def test_setup_installs_from_the_indexes_of_the_person(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    file = tmp_path / "home" / ".config" / "pip" / "pip.conf"
    file.parent.mkdir(parents=True)
    file.touch()

    theirs = person_environment(stage_settings(tmp_path, environ, 8787), environ)

    seen = setup_variables(read_runner_settings(environ=theirs), theirs)
    assert seen["PIP_CONFIG_FILE"] == str(file)


def test_a_setting_of_production_that_is_not_allowed_does_not_matter(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    bad = {**environ, "HIGHWATER_PORT": "many", "HIGHWATER_GITHUB_PRIVATE_KEY_FILE": "/nowhere"}

    assert stage_settings(tmp_path, bad, 8787).port == 8787
