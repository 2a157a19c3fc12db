"""The runner's data mounts: a flag that may come several times, or one variable."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from bot.cli.options import setting_options
from worker.data_setting import parse_mounts
from worker.settings import read_runner_settings, runner_environment

NO_FILE = Path("/nonexistent")


@click.command()
@setting_options("data")
def command(flags: dict[str, str | None]) -> None:
    click.echo(flags["data"])


def test_mounts_are_paths_by_name() -> None:
    settings = read_runner_settings({"data": "a=/srv/a, b=/srv/b.csv"}, environ={}, start=NO_FILE)
    assert settings.mounts == {"a": Path("/srv/a"), "b": Path("/srv/b.csv")}
    assert read_runner_settings({}, environ={}, start=NO_FILE).mounts == {}


def test_the_variable_serves_where_no_flag_is_given() -> None:
    environ = {"HIGHWATER_DATA": "a=/one"}
    assert read_runner_settings({}, environ=environ, start=NO_FILE).mounts == {"a": Path("/one")}
    given = read_runner_settings({"data": "b=/two"}, environ=environ, start=NO_FILE)
    assert given.mounts == {"b": Path("/two")}


def test_a_flag_that_comes_several_times_names_all_of_them() -> None:
    shown = CliRunner().invoke(command, ["--data", "a=/one", "--data", "b=/two"]).output
    assert shown == "a=/one,b=/two\n"
    assert CliRunner().invoke(command, []).output == "\n"


def test_a_flag_that_is_no_mount_is_wrong_usage() -> None:
    result = CliRunner().invoke(command, ["--data", "/one"])
    assert result.exit_code == 2
    assert "allowed: NAME=PATH" in result.stderr


@pytest.mark.parametrize("text", ["a", "a=", "=/b", "A=/b", "../a=/b", "a=/b,a=/c", "a b=/c", ","])
def test_what_names_no_mount_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the message is the caller's
        parse_mounts(text)


def test_a_runner_that_is_started_by_another_process_has_the_same_mounts() -> None:
    given = read_runner_settings({"data": "a=/one,b=/two"}, environ={}, start=NO_FILE)
    made = read_runner_settings({}, environ=runner_environment(given, {}), start=NO_FILE)
    assert made.data == given.data
