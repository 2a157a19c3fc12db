from __future__ import annotations

import click
import pytest

from bot.cli.main import COMMANDS, Entry, main
from tests.fakes.cli import run_cli


@pytest.fixture
def probe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(COMMANDS, "probe", Entry(__name__, "probe_command", "Ends as it is told."))


@click.command()
@click.option("--how", default="return")
@click.pass_context
def probe_command(context: click.Context, how: str) -> int:
    """Ends as it is told."""
    if how == "exit":
        context.exit(3)
    if how == "raise":
        raise SystemExit(3)
    return 3 if how == "return" else 0


def test_the_overview_names_every_command() -> None:
    shown = run_cli("--help").stdout
    assert [name for name in COMMANDS if f"  {name} " not in shown] == []


def test_an_unknown_command_is_wrong_usage_and_the_nearest_is_named() -> None:
    result = run_cli("docter")
    assert (result.code, result.stdout) == (2, "")
    assert "Did you mean 'doctor'?" in result.stderr


def test_an_unknown_option_is_wrong_usage() -> None:
    assert run_cli("--colour").code == 2


def test_the_version_is_told() -> None:
    assert run_cli("--version").stdout.startswith("highwater, version ")


@pytest.mark.usefixtures("probe")
@pytest.mark.parametrize("how", ["return", "exit", "raise"])
def test_a_command_ends_with_its_code_however_it_gives_it(how: str) -> None:
    assert main(["probe", "--how", how]) == 3


@pytest.mark.usefixtures("probe")
def test_a_command_that_says_nothing_ends_with_0() -> None:
    assert main(["probe", "--how", "quietly"]) == 0
