"""``highwater``: the table of commands, and the boundary where errors become exit codes.

A command's module is imported when that command is used, so ``--help`` answers at once.
"""
# ruff: noqa: ARG002 - the methods' parameters are click's

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module

import click

from bot.cli.boundary import Boundary, ReaderLeftError

VERSION = "0.1.0"


@dataclass(frozen=True, slots=True)
class Entry:
    """Where a command lives, and its line in the overview."""

    module: str
    attribute: str
    summary: str


def _entry(module: str, attribute: str, summary: str) -> Entry:
    return Entry(f"bot.cli.{module}", attribute, summary)


COMMANDS: dict[str, Entry] = {
    "demo": _entry("demo", "demo", "Show the whole path on a bundled example repository."),
    "up": _entry("services", "up", "Serve everything on this machine."),
    "web": _entry("web", "web", "Receive webhooks and serve verdicts."),
    "jobs": _entry("services", "jobs", "Run the bot's background jobs."),
    "scheduler": _entry("services", "scheduler", "Look after lost runners and their orders."),
    "runner": _entry("runner", "runner", "Measure what is ordered on this machine's tags."),
    "migrate": _entry("migrate", "migrate", "Bring the database to this version's schema."),
    "doctor": _entry("doctor", "doctor", "Show every setting and check what they lead to."),
    "setup": _entry("setup", "setup", "Make the GitHub App and store its credentials."),
    "replay": _entry("replay", "replay", "Recompute a verdict from its stored samples."),
    "check": _entry("check", "check", "Measure head against base on this machine."),
    "null": _entry("null", "null", "Measure how often this machine raises a false alarm."),
    "sweep": _entry("sweep", "sweep", "Run a sweep and write its directory."),
    "backtest": _entry("backtest", "backtest", "Run a strategy once: trades, equity, metrics."),
    "overhead": _entry("overhead", "overhead", "What engine, strategy and rules each cost."),
    "compare": _entry("compare", "compare", "Compare a sweep with a baseline under a budget."),
    "update-baseline": _entry("compare", "update_baseline", "Make a baseline of a sweep."),
    "pack": _entry("compare", "pack", "Pack a sweep's directory, the same bytes each time."),
    "ledger": _entry("ledger", "ledger", "Examine or show the ledger of decisions."),
    "nightly": _entry("nightly", "nightly", "Begin a repository's night now."),
    "history": _entry("history", "history", "Show levels along the history and their steps."),
    "stats": _entry("stats", "stats", "Answer JSON lines by the bot's own statistics."),
    "bench": _entry("bench", "bench", "Run benchmark suites and compare with baselines."),
}


class LazyGroup(click.Group):
    """A group that knows its commands from a table and imports the one that is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the commands in the table's order."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command; None when there is none of that name."""
        entry = COMMANDS.get(cmd_name)
        return None if entry is None else load(entry)

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; click itself would end with 1, a regression, when the reader left."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise ReaderLeftError from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the overview from the table alone."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.summary) for name, entry in COMMANDS.items()])


def load(entry: Entry) -> click.Command:
    """Import a command."""
    command: click.Command = getattr(import_module(entry.module), entry.attribute)
    return command


@click.group(
    cls=LazyGroup,
    commands=dict.fromkeys(COMMANDS, click.Command("not imported")),  # for its suggestions
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(VERSION, prog_name="highwater")
def root() -> None:
    """Hold every pull request to the best level that its repository has measured and accepted.

    \b
    Example:
      highwater demo
      highwater COMMAND --help
    """  # noqa: D301 - \b is click's mark for lines that are not to be refilled


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line (``sys.argv`` unless given) and return its exit code.

    A command ends with a code by returning an int, by ``ctx.exit(code)`` or by SystemExit.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    boundary = Boundary(given)
    with boundary:
        boundary.code = _run(given)
    return boundary.code


def _run(arguments: list[str]) -> int:
    run: Callable[..., object] = root.main
    code = run(arguments, prog_name="highwater", standalone_mode=False)
    return code if isinstance(code, int) else 0


if __name__ == "__main__":
    sys.exit(main())
