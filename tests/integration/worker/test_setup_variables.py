"""``setup`` has a home of its own, yet installs from where the runner's operator installs from."""

from __future__ import annotations

from pathlib import Path

import pytest

from worker.settings import read_runner_settings, setup_variables


def seen(environ: dict[str, str], allowed: str | None = None) -> str | None:
    settings = read_runner_settings({"setup_env": allowed}, environ={}, start=Path("/nonexistent"))
    return setup_variables(settings, environ).get("PIP_CONFIG_FILE")


@pytest.fixture(params=[".config/pip/pip.conf", ".pip/pip.conf"])
def file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / str(request.param)
    path.parent.mkdir(parents=True)
    path.touch()
    return path


def test_the_operators_pip_configuration_is_named(file: Path, tmp_path: Path) -> None:
    assert seen({"HOME": str(tmp_path)}) == str(file)


def test_one_that_is_named_already_stays(file: Path, tmp_path: Path) -> None:
    environ = {"HOME": str(tmp_path), "PIP_CONFIG_FILE": "/etc/other.conf"}
    assert seen(environ) == "/etc/other.conf"


def test_none_is_named_where_there_is_none(tmp_path: Path) -> None:
    assert seen({"HOME": str(tmp_path)}) is None


def test_an_operator_who_lets_it_not_through_is_obeyed(file: Path, tmp_path: Path) -> None:
    assert seen({"HOME": str(tmp_path)}, "HTTPS_PROXY") is None
