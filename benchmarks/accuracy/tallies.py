"""What happened to many rows, counted: shares with their exact limits, cost, coverage."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from benchmarks.accuracy.draws import Draws
from benchmarks.accuracy.rivals import Signs
from engine.stats import constants as c
from engine.stats import guard
from engine.stats.guard import Decisions
from engine.stats.proportions import lower_limit, upper_limit

Line = dict[str, Any]
CONFIDENCE = 0.975  # a side: exact 95 % limits together
OUTCOMES = {
    "red": guard.REGRESSION,
    "improved": guard.IMPROVEMENT,
    "passed": guard.PASS,
    "inconclusive": guard.UNDECIDED,
}


def share(count: int, of: int) -> Line:
    """Give a count with its share and the exact 95 % limits (Clopper and Pearson 1934).

    >>> share(0, 300)
    {'count': 0, 'of': 300, 'percent': 0.0, 'limits': (0.0, 1.222)}
    """
    limits = lower_limit(count, of, CONFIDENCE), upper_limit(count, of, CONFIDENCE)
    return {
        "count": count,
        "of": of,
        "percent": _percent(count / of) if of else None,
        "limits": tuple(_percent(limit) for limit in limits),
    }


def _percent(number: float) -> float:
    return float(f"{100 * number:.4g}")


def decided(draws: Draws, path: c.Path, *, effect: float, budget: float) -> Line:
    """Decide the rows with *effect* put into head, and count.

    ``contradictions`` are reds whose shown 95 % interval lies wholly under the budget.
    """
    found = guard.decide_all(draws.slower(effect).comparisons(budget), path)
    return {
        "rule": "GUARD",
        "budget": budget,
        "effect": effect,
        **_outcomes(found),
        "launches": round(2 * float(found.pairs.mean()), 2),
        **_coverage(found, np.log1p(effect)),
        "contradictions": share(_contradictions(found, budget), len(found.pairs)),
    }


def _outcomes(found: Decisions) -> Mapping[str, Line]:
    rows = len(found.outcome)
    counts = {name: int((found.outcome == code).sum()) for name, code in OUTCOMES.items()}
    counts["called"] = counts["red"] + counts["improved"]
    return {name: share(count, rows) for name, count in counts.items()}


def _coverage(found: Decisions, truth: float) -> Mapping[str, Line]:
    looked = found.pairs > 0
    off = np.abs(found.effect - truth)[looked]
    levels = {"covered95": c.REPEATED_95, "covered99": c.REPEATED_99}
    return {
        name: share(int((off <= found.half_width(level)[looked]).sum()), int(looked.sum()))
        for name, level in levels.items()
    }


def _contradictions(found: Decisions, budget: float) -> int:
    high = found.effect + found.half_width(c.REPEATED_95)
    return int(((found.outcome == guard.REGRESSION) & (high < np.log1p(budget))).sum())


def called(name: str, calls: tuple[Signs, int], effect: float) -> Line:
    """Count a rival's calls; what it does not call it claims to be unchanged."""
    signs, launches = calls
    rows = len(signs)
    return {
        "rule": name,
        "effect": effect,
        "red": share(int((signs > 0).sum()), rows),
        "improved": share(int((signs < 0).sum()), rows),
        "passed": share(int((signs == 0).sum()), rows),
        "called": share(int((signs != 0).sum()), rows),
        "launches": launches,
    }


def families(
    draws: Draws, path: c.Path, budget: float, members: list[np.ndarray[Any, Any]]
) -> Line:
    """Decide pull requests of many cases each, Holm within, and count those with a red."""
    red = 0
    for rows in members:
        comparisons = draws.of(rows).comparisons(budget)
        found = guard.decide_all(comparisons, path, family=len(rows))
        red += bool((found.outcome == guard.REGRESSION).any())
    cases = len(members[0])
    return {"rule": "GUARD", "budget": budget, "cases": cases, "red": share(red, len(members))}
