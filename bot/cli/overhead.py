"""``highwater overhead``: what engine, strategy and risk rules each cost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import click

from bot.cli.backtest_site import site_of
from bot.cli.ending import clean_ending
from bot.cli.options import setting_options
from bot.cli.output import OutputFormat, Result, emit, format_option
from bot.cli.workplace import repository_root, require_writable
from engine.backtest.backtest_spec import BacktestSpec
from engine.backtest.overheads import Overheads, Part
from engine.json_text import write_json
from engine.units import readable
from engine.values import ExitCode
from worker.backtest_run import load_backtest_spec, prepared
from worker.files import save
from worker.machine import require_linux
from worker.overhead_run import measured
from worker.settings import read_runner_settings

RUNS = Path("runs/overheads")
OVERHEAD = "overhead.json"
ROUNDS = 30
_NS = 1e-9
_NAMES = {
    "engine": "engine",
    "hooks": "strategy",
    "compiled_rules": "rules, compiled",
    "python_rules": "rules in Python",
}
_MEANINGS = {
    "engine": "carrying out the orders",
    "hooks": "its code, and handing each event to it",
    "compiled_rules": "kept as levels",
    "python_rules": "asked at each close of a held asset",
}


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
    return "\n".join((*_lines(spec, found), "", f"Written to {place / OVERHEAD}"))


def _lines(spec: BacktestSpec, found: Overheads) -> Iterator[str]:
    assets = "1 asset" if found.assets == 1 else f"{found.assets:,} assets"
    yield spec.strategy
    yield (
        f"{found.bars:,} bars of {assets}, {found.rounds} rounds in turns, the 10th centile of each"
    )
    yield ""
    yield f"{'':<16} {'adds':>12} {'an event':>12}   {'of the run before it':<26} what it is"
    for part in found.parts:
        yield _line(part)
    yield f"{'all of it':<16} {_time(found.parts[-1].run_ns):>12}"


def _line(part: Part) -> str:
    share = "" if part.share is None else f"{part.share:+.1%} ({part.low:+.1%} … {part.high:+.1%})"
    return (
        f"{_NAMES[part.name]:<16} {_time(part.added_ns):>12} {_time(part.event_ns):>12}   "
        f"{share:<26} {_MEANINGS[part.name]}"
    ).rstrip()


def _time(nanoseconds: float) -> str:
    return readable(nanoseconds * _NS, "s")
