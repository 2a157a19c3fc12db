"""Situations of sweeps that a reader of verdicts meets."""

from __future__ import annotations

import msgspec

from engine.backtest.leaks import Canary, Leak
from engine.findings import Verdict
from engine.orders import Trials
from engine.verdicts import RunTerms, judge_check, judge_run
from tests.fakes.evidence import (
    facts,
    perf_budget,
    points,
    report,
    stored_baseline,
    sweep_order,
    swept,
)
from tests.fakes.sweep_verdicts import GOOD, SEEDS, judged_by, seeded

TRIALS = Trials(points=4, effective=2.3, sharpe_sd=0.02)


def sweep_situations() -> dict[str, Verdict]:
    """Give every situation by name."""
    return {
        "median_drop": median_drop(),
        "seeds": seeds(),
        "not_reproducible": not_reproducible(),
        "sweep_doubts": sweep_doubts(),
        "look_ahead": look_ahead(),
        "other_data": other_data(),
    }


def median_drop() -> Verdict:
    """Give a selected configuration that is worse within its budget, while most others are not."""
    worse = points((1.5, 1.2, 0.8, 1.0), returns="other")
    terms = {"looks": 9, "baselines": {"baseline": stored_baseline(1.5)}}
    suite = judged_by(swept(points(GOOD), worse, trials=TRIALS), terms)
    return judge_check(facts(), (suite,))


def seeds() -> Verdict:
    """Give two dozen pairs of seeds that scatter too much for the budget."""
    scattered = [20 * shift for shift in reversed(SEEDS)]
    suite = judged_by(swept(seeded(1.2), seeded(1.14, scattered)))
    return judge_check(facts(), (suite,))


def not_reproducible() -> Verdict:
    """Give a sweep that is declared deterministic, and is not."""
    again = msgspec.structs.replace(
        points(GOOD)[0], metrics={"is": {"sharpe": 1.72}, "oos": {"sharpe": 1.49}}
    )
    suite = judged_by(swept(points(GOOD), points(GOOD), rerun=[again]), deterministic=True)
    return judge_check(facts(), (suite,))


def sweep_doubts() -> Verdict:
    """Give numbers that are beyond their bounds, maybe by chance, and one seed that wanders."""
    head = points((1.52, 1.31, None, None), elapsed_s=59.0)
    slow = [*head[:1], msgspec.structs.replace(head[1], elapsed_s=75.0), *head[2:]]
    again = msgspec.structs.replace(points(GOOD)[0], metrics={"is": {"sharpe": 1.6}})
    suite = judged_by(swept(points(GOOD), slow, rerun=[again]))
    return judge_check(facts(), (suite,))


def look_ahead() -> Verdict:
    """Give a strategy that reads the next close, and therefore earns far more than before."""
    better = points((2.91, 2.6, 2.4, 2.2), returns="other")
    leak = Leak(date="2009-03-10", symbol="sp500", unaltered_until="2009-03-10")
    evidence = swept(points(GOOD), better, trials=TRIALS)
    canary = Canary(cuts=16, leak=leak)
    suite = judged_by(msgspec.structs.replace(evidence, canary=canary))
    return judge_check(facts(), (suite,))


def other_data() -> Verdict:
    """Give a sweep that is as good as before, on other data than its baseline pins."""
    order = sweep_order()
    pinned = msgspec.structs.replace(stored_baseline(1.5), data={"sp500": "0" * 64})
    terms = RunTerms(
        perf_budget=perf_budget(),
        budget_file="sweeps/perf_budget.yaml",
        baselines={"baseline": pinned},
    )
    told = report(order, swept(points(GOOD), points(GOOD), trials=TRIALS))
    told = msgspec.structs.replace(told, data={"sp500": "f3" * 32})
    return judge_check(facts(), (judge_run(order, terms, told),))
