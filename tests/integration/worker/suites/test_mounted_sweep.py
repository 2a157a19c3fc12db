"""A sweep of a class on bars that only the runner has."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from engine.orders import RunReport, SweepEvidence
from tests.fakes.orders import Files, Work
from worker.data_setting import parse_mounts
from worker.run import carry_out

STRATEGY = """\
import numpy as np
from highwater import Signals, SignalStrategy


class Momentum(SignalStrategy):
    bars: int = 10

    def signals(self, bars):
        close = bars.close[:, 0]
        up = np.zeros(len(close), bool)
        up[self.bars :] = close[self.bars :] > close[: -self.bars]
        return Signals.of(entries=up, exits=~up)
"""
SPEC = """\
strategy: momentum.py:Momentum
grid: {bars: [10, 50]}
metric: sharpe
mode: max
data: {mount: market, path: sp500.csv}
"""
FILES: Files = {
    "momentum.py": STRATEGY,
    "sweep.yaml": SPEC,
    "budget.yaml": "metric: sharpe\nmode: max\nmax_sharpe_drop: 0.05\n",
}


@pytest.fixture
def market(tmp_path: Path, root: Path) -> Path:
    folder = tmp_path / "market"
    folder.mkdir()
    shutil.copy(root / "benchmarks/data/sp500.csv", folder)
    return folder


def carried(tmp_path: Path, mounts: str | None) -> RunReport:
    work = Work(tmp_path)
    source = work.repository(FILES, {"README.md": "head"})
    order = source.order(
        kind="sweep", command=None, format=None, spec="sweep.yaml", budget="budget.yaml"
    )
    settings = work.settings
    if mounts is not None:
        settings = replace(settings, data=parse_mounts(mounts))
    return carry_out(order, work.place(order, source).bundle, settings)


def test_both_sides_are_swept_on_the_mounts_bars_which_the_report_names(
    tmp_path: Path, market: Path
) -> None:
    report = carried(tmp_path, f"market={market}")

    assert report.failure is None, report.failure
    assert isinstance(report.evidence, SweepEvidence)
    rows = (*report.evidence.base, *report.evidence.head)
    assert [row.status for row in rows] == ["ok"] * 4, rows[0].error
    assert report.data.keys() == {"market"}


def test_a_runner_without_the_mount_blames_nobody(tmp_path: Path) -> None:
    report = carried(tmp_path, None)

    assert report.failure is not None
    assert report.failure.blame == "runner"
    assert "--data market=PATH" in report.failure.step


def test_a_broken_file_of_the_mount_is_named_by_the_mounts_name_alone(
    tmp_path: Path, market: Path
) -> None:
    (market / "sp500.csv").write_text("date,open,high,low,close\n2024-01-02,10,9,8,11\n")

    report = carried(tmp_path, f"market={market}")

    assert report.failure is not None
    assert (report.failure.blame, report.failure.step) == ("input", "market/sp500.csv:2")
    assert str(market) not in report.failure.tail
