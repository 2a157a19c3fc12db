"""The second table of the front page: how well steps in a history are found, by method."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

Line = Mapping[str, Any]

RESULTS = Path(__file__).with_name("change_points.jsonl")
DATA = ("Go, dedicated", "sunpy, hosted runners", "RocksDB")
KINDS = ("3", "5", "10")  # sizes of the steps put in, in percent


def rendered(lines: Sequence[Line]) -> str:
    """Give the table in Markdown: false alarms per 1,000 commits, and F1 by the step's size."""
    methods = dict.fromkeys(line["method"] for line in lines)
    cells = {(line["method"], line["data"]): _cell(line) for line in lines}
    return "\n".join(
        [
            "| method | " + " | ".join(DATA) + " |",
            "|:--|" + ":--|" * len(DATA),
            *(
                "| " + " | ".join([method, *(cells[method, data] for data in DATA)]) + " |"
                for method in methods
            ),
        ]
    )


def results() -> list[Line]:
    """Read the lines of the committed run of ``change_points``."""
    return [json.loads(line) for line in RESULTS.read_text().splitlines()]


def _cell(line: Line) -> str:
    alarms, commits = line["false_alarms"], line["commits_without_steps"]
    found = " ".join(_f1(line["steps"][kind]["f1"]) for kind in KINDS)
    return f"{1000 * alarms / commits:.1f} ({alarms:,} in {commits:,}); {found}"


def _f1(number: float | None) -> str:
    return "none" if number is None else f"{number:.2f}"
