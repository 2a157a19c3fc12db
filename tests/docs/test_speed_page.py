"""The page on speed shows the committed run of benchmarks/peers, and the run was a whole one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.peers import record, table


def kept() -> dict[str, Any]:
    return json.loads(table.RESULTS.read_bytes())


def lines() -> dict[str, Any]:
    return {line["benchmark"]: line for line in kept()["lines"]}


def test_the_page_shows_the_committed_run() -> None:
    page = table.PAGE.read_text()
    assert table.filled(page) == page


def test_the_committed_run_has_every_script() -> None:
    names = {f"peers_{script[1]}" if len(script) > 1 else script[0] for script in record.SCRIPTS}
    assert set(lines()) == names


def test_every_engine_took_part_or_is_said_not_to(root: Path) -> None:
    for work in ("peers_w1", "peers_w2", "peers_w3", "peers_w4"):
        engines = lines()[work]["engines"]
        assert set(engines) == {"highwater", "vectorbt", "raptorbt", "backtesting", "backtrader"}
        assert all("p10_ms" in one or "missing" in one for one in engines.values())


def test_what_misses_its_bar_is_bold_and_what_holds_it_is_not() -> None:
    line = {"per_s": {"event_watching": 1e6}, "bars": {"event_watching": 5e6}}
    assert "**1.00 million**" in "\n".join(table.strategies(line))
    line = {"per_s": {"event_watching": 6e6}, "bars": {"event_watching": 5e6}}
    assert "**" not in "\n".join(table.strategies(line))


def test_a_page_without_the_markers_is_refused() -> None:
    with pytest.raises(ValueError, match="the text lacks"):
        table.filled("# Speed\n")
