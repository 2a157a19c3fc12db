"""The second table of the front page: how well steps in a history are found, by method."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

Line = Mapping[str, Any]

RESULTS = Path(__file__).with_name("change_points.jsonl")
DATA = ("Go, dedicated", "sunpy, hosted runners", "RocksDB")
KINDS = ("3", "5", "10")  # sizes of the steps put in, in percent


def rendered(lines: Sequence[Line]) -> str:
    """Give the table in Markdown: false alarms per 1,000 commits, and F1 by the step's size."""
    heads = ("method", "false alarms", *(f"F1, {kind} %" for kind in KINDS))
    return "\n".join(
        [
            "| " + " | ".join(heads) + " |",
            "|:--|" + "--:|" * (len(heads) - 1),
            *(one for data in DATA for one in _rows(data, lines, len(heads))),
        ]
    )


def results() -> list[Line]:
    """Read the lines of the committed run of ``change_points``."""
    return [json.loads(line) for line in RESULTS.read_text().splitlines()]


def _rows(data: str, lines: Sequence[Line], width: int) -> Iterator[str]:
    yield f"| *{data}* |" + " |" * (width - 1)
    for line in lines:
        if line["data"] == data:
            yield "| " + " | ".join(_cells(line)) + " |"


def _cells(line: Line) -> list[str]:
    alarms = 1000 * line["false_alarms"] / line["commits_without_steps"]
    found = (_f1(line["steps"][kind]["f1"]) for kind in KINDS)
    return [line["method"], f"{alarms:.1f}", *found]


def _f1(number: float | None) -> str:
    return "none" if number is None else f"{number:.2f}"
