"""A spec's sweep of a class on both sides: what a report carries of it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from engine.errors import UserError
from engine.findings import Reason
from engine.orders import SweepEvidence
from engine.values import Outcome, Side
from engine.verdicts import RunTerms, judge_run
from tests.fakes.evidence import perf_budget, report
from tests.fakes.swept_strategies import SPEC, STRATEGY, prices_csv, repository_files
from tests.fakes.tasks import Files, task_of
from worker.suites import DRIVERS
from worker.suites.task import Task

SUITE: dict[str, Any] = {"kind": "sweep", "spec": "sweeps/s.yaml"}
FILES = repository_files()
OTHER = {"strategies/trend.py": STRATEGY.replace("up = bars.close >", "up = 0.99 * bars.close >")}

WORSE = {"strategies/trend.py": STRATEGY.replace("(self.stop)", "(self.stop / 100)")}


def measured(folder: Path, head: Files | None = None, **given: Any) -> SweepEvidence:
    return measure(task_of(folder, given.pop("base", FILES), head, **given, **SUITE))


def measure(task: Task) -> SweepEvidence:
    evidence = DRIVERS[task.order.suite.kind](task)
    assert isinstance(evidence, SweepEvidence)
    return evidence


def test_a_refactoring_has_the_signatures_of_its_base(tmp_path: Path) -> None:
    head = {"strategies/trend.py": STRATEGY.replace("~up)", "np.logical_not(up))")}
    evidence = measured(tmp_path, head)
    assert [row.signature for row in evidence.base] == [row.signature for row in evidence.head]
    assert {row.signed for row in evidence.head} == {"trades and equity"}
    assert [(row.id, row.fold) for row in evidence.base] == [
        (row.id, row.fold) for row in evidence.head
    ]
    assert len(evidence.base) == 18


def test_what_is_judged_by_its_returns_has_them(tmp_path: Path) -> None:
    evidence = measured(tmp_path, OTHER)
    selected = {one.id for one in evidence.returns if one.side is Side.BASE}
    assert len(selected) == 1
    on_head = {one.id for one in evidence.returns if one.side is Side.HEAD}
    assert selected <= on_head
    assert all(len(one.dates) == len(one.values) == 54 for one in evidence.returns)
    assert {one.fold for one in evidence.returns} == {0, 1, 2}


def test_the_trials_are_those_of_all_points(tmp_path: Path) -> None:
    trials = measured(tmp_path).trials
    assert trials is not None
    assert trials.points == 6
    assert 1 <= trials.effective <= 6


def test_what_base_selects_is_run_a_second_time(tmp_path: Path) -> None:
    evidence = measured(tmp_path)
    first = {(row.id, row.fold): row for row in evidence.base}
    assert len(evidence.rerun) == 3
    for row in evidence.rerun:
        assert row.metrics == first[row.id, row.fold].metrics
        assert row.signature == first[row.id, row.fold].signature


def test_both_sides_are_run_on_the_bars_of_base(tmp_path: Path) -> None:
    evidence = measured(tmp_path, {"data/prices.csv": prices_csv(seed=9)})
    assert [row.signature for row in evidence.base] == [row.signature for row in evidence.head]


def test_head_cannot_write_into_the_bars_of_base(tmp_path: Path) -> None:
    writing = STRATEGY.replace(
        "        before = np",
        "        bars.close[:] = 1.0\n        before = np",
    )
    evidence = measured(tmp_path, {"strategies/trend.py": writing})
    assert {row.status for row in evidence.base} == {"ok"}
    assert all("read-only" in (row.error or "") for row in evidence.head)


LEAKING = STRATEGY.replace(
    "up = bars.close > before", "up = np.roll(bars.close, -1, axis=0) > bars.close"
)


def test_a_head_that_looks_ahead_is_red_with_the_first_date(tmp_path: Path) -> None:
    task = task_of(tmp_path, FILES, {"strategies/trend.py": LEAKING}, **SUITE)
    evidence = measure(task)
    assert evidence.canary is not None
    assert evidence.canary.leak is not None
    assert evidence.canary_base is not None
    assert evidence.canary_base.leak is None
    terms = RunTerms(perf_budget=perf_budget(min_success_rate=None))
    verdict = judge_run(task.order, terms, report(task.order, evidence))
    found = [one for one in verdict.findings if one.reason is Reason.LOOK_AHEAD]
    assert [one.outcome for one in found] == [Outcome.REGRESSION]
    assert evidence.canary.leak.date in (found[0].detail or "")


# The canary, whose bars are all there from the first on, cannot see this one.
REMEMBERING = STRATEGY.replace("class", "SEEN = []\n\nclass").replace(
    "        return Signals",
    """\
        if not SEEN or len(SEEN[0]) < len(bars.close):
            SEEN[:] = [bars.close.copy()]
        if len(SEEN[0]) > len(bars.close):
            up = SEEN[0][1 : len(bars.close) + 1] > bars.close
        return Signals""",
)


def test_a_head_that_remembers_later_bars_from_point_to_point_has_failed(tmp_path: Path) -> None:
    base = {**FILES, "sweeps/s.yaml": f"{SPEC}jobs: 1\n"}
    task = task_of(tmp_path, base, {"strategies/trend.py": REMEMBERING}, **SUITE)
    terms = RunTerms(perf_budget=perf_budget(min_success_rate=None))
    verdict = judge_run(task.order, terms, report(task.order, measure(task)))
    assert (verdict.outcome, verdict.reason) == (Outcome.ERROR, Reason.NOT_REPRODUCIBLE)


def test_a_worse_strategy_is_red_and_an_equal_one_is_not(tmp_path: Path) -> None:
    terms = RunTerms(perf_budget=perf_budget(min_success_rate=None))
    outcomes = []
    for name, head in (("worse", WORSE), ("equal", {})):
        (tmp_path / name).mkdir()
        task = task_of(tmp_path / name, FILES, head, **SUITE)
        outcomes.append(judge_run(task.order, terms, report(task.order, measure(task))).outcome)
    assert outcomes == [Outcome.REGRESSION, Outcome.PASS]


def test_a_class_that_head_broke_is_a_row_of_each_point(tmp_path: Path) -> None:
    evidence = measured(tmp_path, {"strategies/trend.py": "Trend = 3\n"})
    assert {row.status for row in evidence.base} == {"ok"}
    assert [row.status for row in evidence.head] == ["error"] * 18
    assert evidence.canary is None


def test_a_point_that_never_ends_leaves_head_half_of_the_time(tmp_path: Path) -> None:
    endless = STRATEGY.replace(
        "        before = np", "        while True: pass\n        before = np"
    )
    base = {**FILES, "strategies/trend.py": endless}
    started = time.monotonic()
    evidence = measured(tmp_path, {"strategies/trend.py": STRATEGY}, base=base, left_s=14.0)
    assert time.monotonic() - started < 14.0
    assert {row.status for row in evidence.base} == {"timeout"}
    assert {row.status for row in evidence.head} == {"ok"}


@pytest.mark.parametrize(
    "base, told",
    [
        ({"data/prices.csv": prices_csv(20)}, "20 bars are too few"),
        ({"sweeps/s.yaml": SPEC.replace("data: data/prices.csv\n", "")}, "names no data"),
        ({"data/prices.csv": "date,open,high,low,close\n2020-01-02,5,4,6,5\n"}, "prices.csv"),
    ],
)
def test_wrong_data_fails_closed(tmp_path: Path, base: Files, told: str) -> None:
    with pytest.raises(UserError, match=told):
        measured(tmp_path, base={**FILES, **base})
