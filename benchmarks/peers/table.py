"""The tables of docs/reference/speed.md, written from a committed run and never typed.

``python -m benchmarks.peers.table`` writes them between the markers of the page.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.peers.contenders import OURS, PEERS

Line = Mapping[str, Any]

ROOT = Path(__file__).resolve().parents[2]
RESULTS = Path(__file__).with_name("results.json")
PAGE = ROOT / "docs/reference/speed.md"
WORK = {
    "peers_w1": "W1: 5,000 bars of one asset",
    "peers_w2": "W2: 252 bars of 500 assets",
    "peers_w3": "W3: 1,000 combinations over 5,000 bars",
    "peers_w4": "W4: 10,000 combinations over 5,000 bars",
}
SHOWN = {"vectorbt": "vectorbt, Rust engine", "backtesting": "backtesting.py"}
ROW_KINDS = {
    "event_watching": "called at each bar of each asset, looks only",
    "event_crossing": "called at each bar of each asset, trades by two averages",
    "timestamp_watching": "called at each timestamp, looks only",
    "timestamp_crossing": "called at each timestamp, trades by two averages",
    "event_holding": "called at each bar of each asset, holds all",
    "timestamp_holding": "called at each timestamp, holds all",
    "compiled_crossing": "signals, trades by two averages",
    "compiled_holding": "signals, holds all",
    "script": "a script that reads 5,105 bars and runs a class of signals",
    "command": "`highwater backtest` of the same, its files and plots written",
    "compiled": "W2 on the compiled path, kernels in the cache",
}


def filled(text: str) -> str:
    """Give *text* with all tables between their markers.

    Raises:
        ValueError: a marker is missing.
    """
    kept = json.loads(RESULTS.read_bytes())
    lines = {line["benchmark"]: line for line in kept["lines"]}
    tables = {
        "conditions": conditions(kept, lines["peers_w2"]),
        "peers": "\n".join(peers(lines)),
        "strategies": "\n".join(strategies(lines["python_forms"])),
        "risk": "\n".join(risk(lines["risk_overhead"])),
        "start": "\n".join(starts(lines["cold_start"])),
    }
    for name, table in tables.items():
        text = inserted(text, name, table)
    return text


def inserted(text: str, name: str, table: str) -> str:
    """Give *text* with *table* between the markers of that name.

    Raises:
        ValueError: a marker is missing.
    """
    first, last = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    before, begin, rest = text.partition(first)
    _, end, after = rest.partition(last)
    if not (begin and end):
        message = f"the text lacks {first} or {last}"
        raise ValueError(message)
    return f"{before}{first}\n{table}\n{last}{after}"


def conditions(kept: Line, line: Line) -> str:
    """Say where and with what it was measured."""
    installed = ", ".join(f"{name} {version}" for name, version in line["versions"].items())
    where = f"{kept['cpu']} ({kept['platform']}), Python {kept['python']}"
    return f"Measured on {kept['measured_utc']}: {where}; {installed}. Every engine had one thread."


def peers(lines: Mapping[str, Line]) -> Iterator[str]:
    """Give the rows of each workload, ours first."""
    yield "| workload | engine | time | times ours | bar | most memory |"
    yield "|:--|:--|--:|--:|--:|--:|"
    for benchmark, work in WORK.items():
        for name in (OURS, *PEERS):
            engine = lines[benchmark]["engines"][name]
            cells = [work if name == OURS else "", SHOWN.get(name, name), *_cells(engine)]
            yield f"| {' | '.join(cells)} |"


def _cells(engine: Line) -> Sequence[str]:
    if "p10_ms" not in engine:
        said = engine.get("missing") or "its trades are not ours"
        return said, "", "", ""
    note = "" if engine["share"] == 1 else f" (from {100 * engine['share']:g} % of it)"
    ratio, bar = engine.get("ratio"), engine.get("bar")
    return (
        duration(engine["p10_ms"]) + note,
        "" if ratio is None else _marked(f"{ratio:,.1f}", missed=bar is not None and ratio < bar),
        "" if bar is None else f"≥ {bar:g}",
        f"{engine['peak_mib']:,.0f} MiB",
    )


def strategies(line: Line) -> Iterator[str]:
    """Give the speeds of strategies in Python."""
    yield "| strategy | calls a second | bar |"
    yield "|:--|--:|--:|"
    for name, speed in line["per_s"].items():
        bar = line["bars"].get(name)
        missed = bar is not None and speed < bar
        shown = "" if bar is None else f"≥ {bar / 1e6:g} million"
        measured = _marked(f"{speed / 1e6:.2f} million", missed=missed)
        yield f"| {ROW_KINDS[name]} | {measured} | {shown} |"


def risk(line: Line) -> Iterator[str]:
    """Give what armed rules cost."""
    yield "| strategy | without rules | rules add | bar |"
    yield "|:--|--:|--:|--:|"
    bars = line["bars"]
    for name, cost in line["compiled_ns_an_event"].items():
        shown = _marked(f"{cost:.2f} ns a bar", missed=cost > bars["compiled_ns_an_event"])
        bar = f"≤ {bars['compiled_ns_an_event']:g} ns a bar"
        yield f"| {ROW_KINDS[name]} | {duration(line['bare_ms'][name])} | {shown} | {bar} |"
    for name, ratio in line["python_ratio"].items():
        shown = _marked(f"{100 * (ratio - 1):.1f} %", missed=ratio > bars["python_ratio"])
        bar = f"≤ {100 * (bars['python_ratio'] - 1):.0f} %"
        yield f"| {ROW_KINDS[name]} | {duration(line['bare_ms'][name])} | {shown} | {bar} |"


def starts(line: Line) -> Iterator[str]:
    """Give how long fresh processes take."""
    yield "| process | time | bar |"
    yield "|:--|--:|--:|"
    for name, seconds in line["p10_s"].items():
        shown = _marked(f"{seconds:.2f} s", missed=seconds > line["bar_s"])
        yield f"| {ROW_KINDS[name]} | {shown} | ≤ {line['bar_s']:g} s |"


def duration(milliseconds: float) -> str:
    """Give three digits and a unit.

    >>> duration(0.3456), duration(12.34), duration(5613.9), duration(123456.0)
    ('0.346 ms', '12.3 ms', '5.61 s', '123 s')
    """
    value, unit = (milliseconds, "ms") if milliseconds < 1000 else (milliseconds / 1000, "s")  # noqa: PLR2004
    digits = 3 if value < 1 else 2 if value < 10 else 1 if value < 100 else 0  # noqa: PLR2004
    return f"{value:,.{digits}f} {unit}"


def _marked(text: str, *, missed: bool) -> str:
    """Make what misses its bar bold."""
    return f"**{text}**" if missed else text


def main() -> None:
    """Write the tables into the page."""
    PAGE.write_text(filled(PAGE.read_text()))


if __name__ == "__main__":
    main()
