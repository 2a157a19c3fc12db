"""``highwater stats``: the statistics as filters of JSON lines, for scripts."""
# ruff: noqa: D301 - \b is click's mark for lines that are not to be refilled

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from io import BufferedIOBase
from typing import Any, TypeVar, cast

import click

from bot.cli.stats_lines import Answers, run
from engine.errors import UserError

Function = TypeVar("Function", bound=Callable[..., Any])


def _jsonl_option(command: Function) -> Function:
    text = "Read JSON lines on standard input, write JSON lines; the only form, and required."
    return click.option("--jsonl", is_flag=True, callback=_wanted, help=text)(command)


def _wanted(context: click.Context, _parameter: click.Parameter, given: bool) -> bool:  # noqa: FBT001 - click's call
    if not given and not context.resilient_parsing:
        message = "say --jsonl: JSON lines on standard input are the only form so far."
        raise click.UsageError(message, context)
    return given


@click.group()
def stats() -> None:
    """Answer JSON lines by the bot's own statistics.

    One line in, one line out, in the same order. A bad line gives {"id", "line", "error"} in its
    place, the others go on, and the exit code at the end is 5.

    docs/reference/stats-hooks.md explains every field.

    \b
    Example:
      highwater stats decide --jsonl < pairs.jsonl > decisions.jsonl
      highwater stats COMMAND --help
    """


@stats.command()
@_jsonl_option
def decide(*, jsonl: bool) -> int:  # noqa: ARG001 - checked where it is read
    """Decide whether head regressed, from paired launch levels.

    In: {"id", "base": [levels], "head": [levels], "mei", "sd0"?, "max_pairs"?}. Out: {"id",
    "outcome", "effect", "low", "high", "low99", "high99", "pairs_used",
    "smallest_effect_excluded", "smallest_visible", "pairs_needed", "caveats"}. Effect and limits
    are fractions of the base.

    \b
    Example:
      highwater stats decide --jsonl < pairs.jsonl > decisions.jsonl
    """
    return _run("stats_decide")


@stats.command()
@_jsonl_option
def changepoints(*, jsonl: bool) -> int:  # noqa: ARG001 - checked where it is read
    """Find the steps of a history of levels.

    In: {"id", "values": [...]}, oldest first, each above zero. Out: {"id", "points": [{"index",
    "effect"}]}: index is that of the first value of the new level, effect is new/old - 1.

    \b
    Example:
      highwater stats changepoints --jsonl < histories.jsonl > steps.jsonl
    """
    return _run("stats_changepoints")


@stats.command()
@_jsonl_option
def sharpe(*, jsonl: bool) -> int:  # noqa: ARG001 - checked where it is read
    """Compare the Sharpe ratios of two strategies' daily returns on the same days.

    In: {"id", "base": [returns], "head": [returns]}. Out: {"id", "difference", "low", "high",
    "p"}: head minus base of the annualised ratio, its 95 % interval, the two-sided p.

    \b
    Example:
      highwater stats sharpe --jsonl < returns.jsonl > differences.jsonl
    """
    return _run("stats_sharpe")


def _run(module: str) -> int:
    if not sys.stdin or not sys.stdout:
        problem = "standard input or standard output is closed."
        raise UserError(problem, None, "Give both: highwater stats decide --jsonl < in > out.")
    answer_lines: Answers = import_module(f"bot.cli.{module}").answer_lines
    stdin, stdout = (cast("BufferedIOBase", one.buffer) for one in (sys.stdin, sys.stdout))
    return run(stdin, stdout, sys.stderr, answer_lines)


__all__ = ["stats"]
