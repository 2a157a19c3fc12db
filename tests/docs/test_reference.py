"""What the program knows is documented, and the generated pages are those of this program."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
import msgspec
import pytest

import highwater as highwater_module
from bot.cli.command_settings import COMMAND_SETTINGS
from bot.cli.main import COMMANDS, load
from bot.cli.main import root as highwater
from bot.cli.module_reference import ALIASES, GROUPS
from bot.cli.reference import pages
from bot.setting_table import SETTINGS
from engine.budgets import BenchmarkBudget, MetricBudget
from engine.configuration import Configuration, Policy, Suite
from engine.perf_budgets import BUDGET_KEYS
from engine.values import ExitCode, Outcome
from worker.settings import RUNNER_SETTINGS

# Once: each page imports every command.
PAGES = pages()


def commands() -> Iterator[tuple[str, click.Command]]:
    top = click.Context(highwater, info_name="highwater")
    for name, entry in COMMANDS.items():
        yield from _with_children(name, load(entry), top)


def _with_children(
    path: str, command: click.Command, parent: click.Context
) -> Iterator[tuple[str, click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command, info_name=path, parent=parent)
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from _with_children(f"{path} {name}", inner, context)


ALL = dict(commands())


@pytest.mark.parametrize("name", PAGES)
def test_a_generated_file_is_what_make_docs_writes(root: Path, name: str) -> None:
    assert (root / name).read_bytes() == PAGES[name], "run `make docs`"


@pytest.mark.parametrize("path", ALL)
def test_a_commands_help_has_an_example_of_its_own(path: str) -> None:
    text = ALL[path].help or ""
    assert f"highwater {path}" in text
    assert "Example" in text


@pytest.mark.parametrize("path", ALL)
def test_a_commands_help_is_laid_out(path: str) -> None:
    shown = ALL[path].get_help(click.Context(ALL[path], info_name=path))
    assert "\\b" not in shown


@pytest.mark.parametrize("path", ALL)
def test_every_option_says_what_it_does(path: str) -> None:
    silent = [
        one.name for one in ALL[path].params if isinstance(one, click.Option) and not one.help
    ]
    assert silent == []


def test_every_setting_is_documented(root: Path) -> None:
    page = (root / "docs/reference/settings.md").read_text()
    declared = (*SETTINGS, *RUNNER_SETTINGS, *COMMAND_SETTINGS)
    assert [one.variable for one in declared if f"| `{one.variable}`" not in page] == []


def test_every_budget_key_is_documented(root: Path) -> None:
    page = (root / "docs/reference/budgets.md").read_text()
    fields = (
        one for kind in (BenchmarkBudget, MetricBudget) for one in msgspec.structs.fields(kind)
    )
    keys = [*(one.encode_name for one in fields), *BUDGET_KEYS]
    assert [key for key in keys if f"| `{key}` |" not in page] == []


def test_every_key_of_the_configuration_is_documented(root: Path) -> None:
    page = (root / "docs/reference/highwater-yml.md").read_text()
    kinds = (Configuration, Suite, Policy)
    keys = [one.encode_name for kind in kinds for one in msgspec.structs.fields(kind)]
    assert [key for key in keys if f"`{key}`" not in page] == []


def test_every_exit_code_is_documented(root: Path) -> None:
    page = (root / "docs/reference/exit-codes.md").read_text()
    codes = [value for name, value in vars(ExitCode).items() if name.isupper()]
    assert [code for code in codes if f"| {code} |" not in page] == []


def test_every_outcome_is_explained(root: Path) -> None:
    page = (root / "docs/explanation/how-it-decides.md").read_text()
    names = [outcome.value.replace("_", " ") for outcome in Outcome]
    assert [name for name in names if f"| {name} |" not in page] == []


def test_every_public_name_of_the_module_is_on_its_page() -> None:
    named = {name for names in GROUPS.values() for name in names} | set(ALIASES)

    assert named == set(highwater_module.__all__)
