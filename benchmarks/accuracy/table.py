"""The README's accuracy tables, written from committed runs and never typed.

``python -m benchmarks.accuracy.table`` writes them between their markers of README.md: the
decision's from ``results.json``, the history watch's from ``change_points.jsonl``.
"""

from __future__ import annotations

import json
import math
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.accuracy import watch_table
from benchmarks.accuracy.rows import ROWS, Row

Line = Mapping[str, Any]

ROOT = Path(__file__).resolve().parents[2]
RESULTS = Path(__file__).with_name("results.json")
MOST_DIGITS = 6
WIDTH = 100
RIVALS = (
    ("±5 %", "naive 5 %, stored level, 1 launch"),
    ("Welch", "Welch p < .05"),
    ("benchstat", "benchstat (rank test p < .05)"),
)


def rendered(lines: Sequence[Line]) -> str:
    """Give the bars that were missed and the table, in Markdown.

    Raises:
        LookupError: the results hold no line, or several, for a row.
    """
    heads = ("what", "bar", "measured", "without history", *(head for head, _ in RIVALS))
    cells = [(row, _cells(row, lines)) for row in ROWS]
    return "\n".join(
        [
            _missed_bars(cells),
            "",
            "| " + " | ".join(heads) + " |",
            "|:--|" + "--:|" * (len(heads) - 1),
            *_grouped(cells, len(heads)),
        ]
    )


def filled(text: str) -> str:
    """Give *text* with both tables, as the committed runs have them, between their markers.

    Raises:
        ValueError: a marker is missing.
    """
    with_decision = inserted(text, "accuracy", rendered(results()))
    return inserted(with_decision, "history watch", watch_table.rendered(watch_table.results()))


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


def results() -> list[Line]:
    """Read the lines of the committed run."""
    lines: list[Line] = json.loads(RESULTS.read_bytes())["lines"]
    return lines


def _missed_bars(cells: Sequence[tuple[Row, Sequence[str]]]) -> str:
    missed = [
        f"{row.what} ({value.strip('*')}, bar {bar})"
        for row, (_, bar, *ours) in cells
        if (value := next((one for one in ours if one.startswith("**")), None)) is not None
    ]
    if not missed:
        return "No bar is missed."
    return textwrap.fill(f"Missed, and **bold** in the table: {'; '.join(missed)}.", WIDTH)


def _grouped(cells: Sequence[tuple[Row, Sequence[str]]], width: int) -> Iterator[str]:
    before = ""
    for row, found in cells:
        group = "recorded" if _is_recorded(row) else "simulated"
        if group != before:
            yield f"| *{group}* |" + " |" * (width - 1)
        before = group
        yield "| " + " | ".join(found) + " |"


def _is_recorded(row: Row) -> bool:
    return str(row.ours[0]["experiment"]).startswith("recorded")


def _cells(row: Row, lines: Sequence[Line]) -> list[str]:
    ours = [_ours(row, _only(lines, {"rule": "GUARD", **one})) for one in row.ours]
    theirs = [_theirs(row, lines, name) for _, name in RIVALS]
    with_history, without = (*ours, "")[:2]
    return [row.what, _bar(row), with_history, without, *theirs]


def _bar(row: Row) -> str:
    if row.field == "launches":
        return f"≤ {row.bar:.0f}"
    if not row.bar:
        return "never"
    return f"{'≤' if row.most else '≥'} {100 * row.bar:g} %"


def _only(lines: Sequence[Line], wanted: Line) -> Line:
    found = [line for line in lines if all(line.get(key) == wanted[key] for key in wanted)]
    if len(found) != 1:
        message = f"{len(found)} lines in place of one for {dict(wanted)}"
        raise LookupError(message)
    return found[0]


def _ours(row: Row, line: Line) -> str:
    if row.field == "launches":
        return _marked(row, line["launches"], f"{line['launches']:.1f}")
    count, of = _counts(line, row.field)
    return _marked(row, count / of, _percent(count / of))


def _marked(row: Row, measured: float, shown: str) -> str:
    """Make what misses its bar bold."""
    beyond = measured > row.bar if row.most else measured < row.bar
    return f"**{shown}**" if beyond else shown


def _theirs(row: Row, lines: Sequence[Line], name: str) -> str:
    if row.theirs is None:
        return ""
    line = _only(lines, {"rule": name, **row.theirs})
    if row.field == "launches":
        return str(line["launches"])
    count, of = _counts(line, row.field)
    return _percent(count / of)


def _counts(line: Line, field: str) -> tuple[int, int]:
    """Give a count and of how many; a count of all rows is kept alone."""
    kept = line[field]
    return (kept, line["rows"]) if isinstance(kept, int) else (kept[0], kept[1])


def _percent(number: float) -> str:
    """Give one decimal, two where the rest is under 1 %, and never a 100 or 0 that is none.

    >>> [_percent(one) for one in (0.0, 0.000012, 0.0123, 0.5, 0.99987, 1.0)]
    ['0 %', '0.001 %', '1.2 %', '50.0 %', '99.99 %', '100 %']
    """
    percent = 100 * number
    distance = min(percent, 100 - percent)
    if not distance:
        return f"{percent:.0f} %"
    least = 1 if distance >= 1 else 2
    digits = max(least, min(MOST_DIGITS, math.ceil(-math.log10(2 * distance))))
    return f"{percent:.{digits}f} %"


def main() -> None:
    """Write the tables into README.md."""
    readme = ROOT / "README.md"
    readme.write_text(filled(readme.read_text()))


if __name__ == "__main__":
    main()
