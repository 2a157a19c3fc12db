"""``highwater overhead``: what engine, strategy and risk rules each cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import click

from bot.cli.backtest_site import site_of
from bot.cli.ending import clean_ending
from bot.cli.options import setting_options
from bot.cli.output import OutputFormat, Result, emit, format_option
from bot.cli.overhead_table import table
from bot.cli.workplace import repository_root, require_writable
from engine.backtest.backtest_spec import BacktestSpec
from engine.backtest.overheads import Overheads
from engine.json_text import write_json
from engine.values import ExitCode
from worker.backtest_run import load_backtest_spec, prepared
from worker.files import save
from worker.machine import require_linux
from worker.overhead_run import measured
from worker.settings import read_runner_settings

RUNS = Path("runs/overheads")
OVERHEAD = "overhead.json"
ROUNDS = 30


@click.command()
@click.argument("spec", type=click.Path(path_type=Path), metavar="SPEC.yaml")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=None,
    help="Directory to write.  [default: runs/overheads/NAME, NAME as the spec's file]",
)
@click.option(
    "--rounds",
    type=click.IntRange(min=10, max=10_000),
    default=ROUNDS,
    show_default=True,
    metavar="N",
    help="How often each part is run.",
)
@setting_options("cache_dir", "data")
@format_option
def overhead(
    flags: Mapping[str, str | None],
    *,
    spec: Path,
    out: Path | None,
    rounds: int,
    output_format: OutputFormat,
) -> int:
    """Measure what engine, strategy and risk rules of SPEC.yaml, a backtest's spec, each cost.

    \b
    Example:
      highwater overhead backtests/breakout.yaml

    The run is repeated with more and more of its parts, in turns in one process. To hold pull
    requests to a budget, declare a suite of kind overhead.
    """  # noqa: D301 - \b is click's mark for lines that are not to be refilled
    require_linux()
    settings = read_runner_settings(flags)
    place = out or RUNS / spec.stem
    root = repository_root(spec.parent if spec.parent.is_dir() else Path())
    read = load_backtest_spec(root, spec.resolve(), str(spec))
    require_writable(place / OVERHEAD)
    with clean_ending() as folder:
        found = measured(prepared(read, site_of(root, spec, folder, settings)), rounds)
    document = _Document(read.strategy, found)
    save(place / OVERHEAD, write_json(document.plain()))
    emit(Result(human=_human(read, found, place), document=document.plain()), output_format)
    return ExitCode.WITHIN_BUDGET


@dataclass(frozen=True, slots=True)
class _Document:
    strategy: str
    found: Overheads

    def plain(self) -> dict[str, object]:
        found = self.found
        return {
            "strategy": self.strategy,
            "bars": found.bars,
            "assets": found.assets,
            "rounds": found.rounds,
            "parts": found.parts,
        }


def _human(spec: BacktestSpec, found: Overheads, place: Path) -> str:
    return "\n".join((spec.strategy, *table(found), "", f"Written to {place / OVERHEAD}"))
