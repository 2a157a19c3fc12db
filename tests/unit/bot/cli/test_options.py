from __future__ import annotations

from typing import Any

import click
import pytest
from click.testing import CliRunner

from bot.cli.options import setting_options


@click.command()
@setting_options("state_dir", "port", runner_tags="--tags")
@click.option("--once", is_flag=True)
def command(flags: dict[str, str | None], **others: Any) -> None:
    click.echo(f"{flags} {others}")


def test_a_command_gets_the_texts_of_its_flags_by_field() -> None:
    shown = CliRunner().invoke(command, ["--port", "9", "--tags", "linux", "--once"]).output
    expected = {"state_dir": None, "port": "9", "runner_tags": "linux"}
    assert shown == f"{expected} {{'once': True}}\n"


def test_help_says_what_a_setting_means_and_defaults_to() -> None:
    shown = CliRunner().invoke(command, ["--help"], terminal_width=200).output
    assert "The TCP port that web listens on" in shown
    assert "Default: 8787." in shown


def test_a_text_that_is_not_allowed_is_wrong_usage_of_the_flag_as_it_is_typed() -> None:
    result = CliRunner().invoke(command, ["--tags", "Linux"])
    assert result.exit_code == 2
    assert "'--tags': 'Linux' is not allowed; allowed: 1 to 6 tags" in result.stderr


@pytest.mark.parametrize("name", ["webhook_secret", "redis_url", "github_private_key"])
def test_a_secret_has_no_flag(name: str) -> None:
    with pytest.raises(KeyError, match="secret"):
        setting_options(name)(lambda flags: None)


def test_what_is_no_setting_has_no_flag() -> None:
    with pytest.raises(KeyError, match="colour"):
        setting_options("colour")(lambda flags: None)
