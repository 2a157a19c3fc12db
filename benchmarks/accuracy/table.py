"""The README's accuracy tables, written from committed runs and never typed.

``python -m benchmarks.accuracy.table`` writes them between their markers of README.md: the
decision's from ``results.json``, the history watch's from ``change_points.jsonl``.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.accuracy import watch_table
from benchmarks.accuracy.rows import ROWS, Row
from engine.stats.proportions import lower_limit, upper_limit

Line = Mapping[str, Any]

ROOT = Path(__file__).resolve().parents[2]
RESULTS = Path(__file__).with_name("results.json")
MOST_DIGITS = 6
RIVALS = (
    ("stored mean ±5 %", "naive 5 %, stored level, 1 launch"),
    ("Welch", "Welch p < .05"),
    ("benchstat", "benchstat (rank test p < .05)"),
)


def rendered(lines: Sequence[Line]) -> str:
    """Give the table in Markdown.

    Raises:
        LookupError: the results hold no line, or several, for a row.
    """
    heads = ("what", "bar", "measured", *(head for head, _ in RIVALS))
    return "\n".join(
        [
            "| " + " | ".join(heads) + " |",
            "|:--|:--|:--|" + "--:|" * len(RIVALS),
            *("| " + " | ".join(_cells(row, lines)) + " |" for row in ROWS),
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


def _cells(row: Row, lines: Sequence[Line]) -> list[str]:
    ours = [_ours(row, _only(lines, {"rule": "GUARD", **one})) for one in row.ours]
    theirs = [_theirs(row, lines, name) for _, name in RIVALS]
    return [row.what, _bar(row), "; ".join(ours), *theirs]


def _bar(row: Row) -> str:
    if row.field == "launches":
        return f"≤ {row.bar:.0f}"
    if not row.bar:
        return "never"
    return f"{'≤' if row.most else '≥'} {_percent(row.bar)}"


def _only(lines: Sequence[Line], wanted: Line) -> Line:
    found = [line for line in lines if all(line.get(key) == wanted[key] for key in wanted)]
    if len(found) != 1:
        message = f"{len(found)} lines in place of one for {dict(wanted)}"
        raise LookupError(message)
    return found[0]


def _ours(row: Row, line: Line) -> str:
    history = " without history" if line["history"] == "none" else ""
    if row.field == "launches":
        return f"{_missed(row, line['launches'])}{line['launches']:.1f}{history}"
    count, of = _counts(line, row.field)
    shown = f"{_percent(count / of)}{history} ({_counted(count, of, most=row.most)})"
    return _missed(row, count / of) + shown


def _missed(row: Row, measured: float) -> str:
    beyond = measured > row.bar if row.most else measured < row.bar
    return "**missed** " if beyond else ""


def _counted(count: int, of: int, *, most: bool) -> str:
    """Give the exact 95 % limit on the side that a bar is about."""
    limit = upper_limit(count, of) if most else lower_limit(count, of)
    word = "at most" if most else "at least"
    return f"{count:,} of {of:,}: {word} {_percent(limit)}"


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
    """Give two or more digits, and never a 100 or 0 that is none.

    >>> [_percent(one) for one in (0.0, 0.000012, 0.0123, 0.5, 0.99987, 1.0)]
    ['0 %', '0.0012 %', '1.2 %', '50 %', '99.987 %', '100 %']
    """
    percent = 100 * number
    distance = min(percent, 100 - percent)
    digits = min(MOST_DIGITS, max(0, 1 - math.floor(math.log10(distance)))) if distance else 0
    text = f"{percent:.{digits}f}"
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text} %"


def main() -> None:
    """Write the tables into README.md."""
    readme = ROOT / "README.md"
    readme.write_text(filled(readme.read_text()))


if __name__ == "__main__":
    main()
