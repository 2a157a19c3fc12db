"""A level that was promoted: what is exact is held to it, and it expires."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from engine.baselines import BaselineData, has_expired
from engine.comparison import PerfBudget, difference, exceeds
from engine.findings import Finding, Reason
from engine.orders import RunOrder, RunReport
from engine.sweep.matching import Matched
from engine.terms import RunTerms
from engine.values import Better, Mode, Outcome

_SHA = 10


class Held(NamedTuple):
    """Rows of what fell below a promoted level, and caveats of what had fallen before."""

    findings: tuple[Finding, ...] = ()
    caveats: tuple[str, ...] = ()


def is_promoted(baseline: BaselineData) -> bool:
    """Whether a baseline came about by a promotion, with evidence and a day."""
    return bool(baseline.evidence) and baseline.expires_utc is not None


def held_to_promoted(
    suite: str,
    configurations: Mapping[str, Matched],
    baselines: Mapping[str, BaselineData],
    budget: PerfBudget,
) -> Held:
    """Hold the configuration that each promoted baseline selected to the level that it had then.

    So many small losses, each within the budget of its own pull request, end at the one that
    crosses the line. Where the merge base lies below it already, no later pull request answers for
    that. It is never best against best, and only what has one seed is exact.
    """
    findings, caveats = [], []
    for name, stored in sorted(baselines.items()):
        found = _of_level(configurations, stored, budget)
        if found is None or not _drops(stored, found.head_mean, budget):
            continue
        at = f"the level that was promoted at {stored.git_sha[:_SHA]}"
        if _drops(stored, found.base_mean, budget):
            caveats.append(f"the merge base already lies below {at} ({name}), over the budget")
        else:
            findings.append(_row(suite, found, stored, budget, f"against {at} ({name})"))
    return Held(tuple(findings), tuple(caveats))


def expiry_caveats(order: RunOrder, terms: RunTerms, report: RunReport) -> Iterator[str]:
    """Name each baseline that had expired when the run ended, with its file and its day."""
    declared = order.suite.baseline
    paths = {} if isinstance(declared, str) or declared is None else declared
    for name, stored in sorted(terms.baselines.items()):
        if stored.expires_utc is not None and has_expired(stored.expires_utc, report.finished_utc):
            path = declared if isinstance(declared, str) else paths.get(name, name)
            yield f"the baseline {path} expired on {stored.expires_utc[:10]}: promote it again"


def _of_level(
    configurations: Mapping[str, Matched], stored: BaselineData, budget: PerfBudget
) -> Matched | None:
    """Find what a promoted baseline selected, where it can be compared with number by number."""
    same_metric = stored.metric == budget.metric and stored.mode is budget.mode
    if not is_promoted(stored) or not same_metric or not stored.leaderboard:
        return None
    found = configurations.get(str(stored.leaderboard[0].get("config_id")))
    if found is None or found.seeded:
        return None
    return found if stored.summary.sample in (None, found.sample) else None


def _drops(stored: BaselineData, value: float, budget: PerfBudget) -> bool:
    level = stored.summary.best_metric
    better, worse = (level, value) if budget.mode is Mode.MAX else (value, level)
    return exceeds(better, worse, allowed=budget.max_drop, epsilon=budget.epsilon_abs)


def _row(
    suite: str, found: Matched, stored: BaselineData, budget: PerfBudget, caveat: str
) -> Finding:
    level = stored.summary.best_metric
    return Finding(
        case=suite,
        metric=budget.metric,
        outcome=Outcome.REGRESSION,
        reason=Reason.METRIC_DROP,
        better=Better.HIGHER if budget.mode is Mode.MAX else Better.LOWER,
        base=level,
        head=found.head_mean,
        change=difference(found.head_mean, level),
        limit=budget.max_drop,
        budget_path=(budget.drop_key,),
        caveats=(caveat,),
    )
