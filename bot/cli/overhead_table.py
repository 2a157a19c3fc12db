"""What the parts of a run cost, as a terminal shows it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.backtest.overheads import Overheads, Part
from engine.units import readable

_NS = 1e-9
_NAMES = {
    "engine": "engine",
    "hooks": "strategy",
    "compiled_rules": "rules, compiled",
    "python_rules": "rules in Python",
}
_NOISE = "not measurable"
_MUCH = 0.995  # a share that needs no decimals
_Cells = tuple[str, str, str, str, str]
_MEANINGS = {
    "engine": "carrying out the orders",
    "hooks": "its code, and handing each event to it",
    "compiled_rules": "kept as levels",
    "python_rules": "asked at each close of a held asset",
}


def table(found: Overheads) -> Iterator[str]:
    """Give the lines: what was run, a part each, and how they are to be read."""
    assets = "1 asset" if found.assets == 1 else f"{found.assets:,} assets"
    yield (
        f"{found.bars:,} bars of {assets}, {found.rounds} rounds in turns, the 10th centile of each"
    )
    yield ""
    head = ("", "adds", "an event", "of the run before it", "what it is")
    last = ("all of it", _time(found.parts[-1].run_ns), "", "", "")
    yield from _aligned([head, *map(_cells, found.parts), last])
    if any(part.share is not None for part in found.parts):
        yield "In brackets: the quartiles over the rounds; not measurable where 0 is between them."


def _cells(part: Part) -> _Cells:
    name, what = _NAMES[part.name], _MEANINGS[part.name]
    if part.low is not None and part.high is not None and part.low <= 0.0 <= part.high:
        return name, _NOISE, "", _share(part), what
    return name, _time(part.added_ns), _time(part.event_ns), _share(part), what


def _share(part: Part) -> str:
    if part.share is None or part.low is None or part.high is None:
        return ""
    return f"{_percent(part.share)} ({_percent(part.low)} … {_percent(part.high)})"


def _percent(share: float) -> str:
    digits = 0 if abs(share) >= _MUCH else 1
    return f"{share * 100:+,.{digits}f} %"


def _aligned(rows: Sequence[_Cells]) -> Iterator[str]:
    """Set figures flush right and words flush left, each column as wide as its widest cell."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        name, adds, event, share, what = (
            f"{cell:{way}{width}}" for cell, way, width in zip(row, "<>><<", widths, strict=True)
        )
        yield f"{name}   {adds}   {event}   {share}   {what}".rstrip()


def _time(nanoseconds: float) -> str:
    return readable(nanoseconds * _NS, "s")
