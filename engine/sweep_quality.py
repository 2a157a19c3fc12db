"""What stands beside a sweep's verdict: the leaderboard matched by id, failures, luck, chance."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from engine.comparison import PerfBudget
from engine.orders import SweepEvidence
from engine.quality import Changes, ElapsedLimits, Failures, SharpeTest, Winner
from engine.stats.constants import FAMILY_ADVISORY
from engine.stats.multiplicity import benjamini_hochberg
from engine.stats.order_statistics import quantile_limits
from engine.stats.proportions import mcnemar
from engine.stats.signed_rank import signed_rank
from engine.sweep import returns
from engine.sweep.leaderboard import RowError, SweepSummary
from engine.sweep.matching import Matched
from engine.sweep.rows import PointResult
from engine.sweep_points import SweepPoints
from engine.sweep_rule import median_change, over_budget
from engine.values import Mode, Side

SHOWN = 10  # names of a list
MAX_TOLD = 160  # characters of a configuration's parameters, and of its message
MIN_TESTABLE = 5  # folds and seeds of one configuration, from which its signed ranks say something


@dataclass(frozen=True, slots=True)
class Looks:
    """How many sweeps of this suite were stored before; None: nobody counted."""

    stored: int | None

    @property
    def sweeps(self) -> int:
        """This one included."""
        return 1 + (self.stored or 0)


def changes(configurations: Mapping[str, Matched], budget: PerfBudget) -> Changes | None:
    """Sum up how the configurations that both sides have changed; None: there are none."""
    if not configurations:
        return None
    moved = [one.change for one in configurations.values()]
    over = [one for one in configurations.values() if over_budget(one, budget)]
    over.sort(key=lambda one: (-one.worsening(budget.mode), one.id))
    testable = {
        name: one for name, one in configurations.items() if len(one.places) >= MIN_TESTABLE
    }
    return Changes(
        configurations=len(moved),
        identical=sum(abs(change) <= budget.epsilon_abs for change in moved),
        median=median_change(configurations),
        p=signed_rank(moved, zero=budget.epsilon_abs),
        over=len(over),
        worst=tuple(one.id for one in over[:SHOWN]),
        testable=len(testable),
        standing_out=_standing_out(testable, budget)[:SHOWN],
    )


def failures(base: SweepSummary, head: SweepSummary) -> Failures | None:
    """Match by id which configurations failed; None: all that both have succeeded on both."""
    before, after = _succeeded(base), _succeeded(head)
    both = before.keys() & after.keys()
    newly = sorted(name for name in both if before[name] and not after[name])
    mended = [name for name in both if after[name] and not before[name]]
    if not newly and not mended:
        return None
    return Failures(
        only_base=len(newly),
        only_head=len(mended),
        p=mcnemar(len(newly), len(mended)),
        newly=tuple(newly[:SHOWN]),
        errors=_first_errors(head, newly[:SHOWN]),
    )


def compared(points: SweepPoints, base: SweepSummary, head: SweepSummary) -> int:
    """Count the merge base's points that gave a number on both sides."""
    failed = {(Side.BASE, _run(error.config_id, error)) for error in base.errors}
    failed |= {(Side.HEAD, _run(error.config_id, error)) for error in head.errors}
    return sum(
        (Side.BASE, _run(points.base[place].id, points.base[place])) not in failed
        and (Side.HEAD, _run(points.head[place].id, points.head[place])) not in failed
        for place in points.base.keys() & points.head.keys()
    )


def parameters(head: SweepSummary, base: SweepSummary, ids: Iterable[str | None]) -> dict[str, str]:
    """Give the parameters of configurations by id; without those that have none."""
    known = {row.config_id: row.params for row in (*base.leaderboard, *head.leaderboard)}
    found = {name: told(known.get(name, {})) for name in ids if name}
    return {name: text for name, text in found.items() if text}


def told(params: Mapping[str, Any]) -> str:
    """Write parameters by name, cut to a bounded length; whoever shows it escapes it.

    >>> told({"slow": 200, "fast": 50})
    'fast=50, slow=200'
    """
    return _cut(", ".join(f"{name}={params[name]}" for name in sorted(params)))


def first_line(message: str) -> str:
    r"""Give a message's first line, of a traceback its last; bounded, and not yet escaped.

    >>> first_line("ValueError: no 30\nsecond"), first_line("Traceback (most\n  at\nKeyError: 1")
    ('ValueError: no 30', 'KeyError: 1')
    """
    lines = [line.strip() for line in message.splitlines() if line.strip()] or [""]
    return _cut(lines[-1] if lines[0].startswith("Traceback") else lines[0])


def winner(
    evidence: SweepEvidence, base: SweepSummary, head: SweepSummary, looks: Looks
) -> Winner | None:
    """Name head's winner, and how much of its Sharpe ratio luck explains; None: it has none."""
    if head.selected is None or base.selected is None:
        return None
    found = Winner(
        configuration=head.selected,
        before=base.selected,
        sweeps=None if looks.stored is None else looks.sweeps,
    )
    if evidence.trials is None:
        return found
    deflated = returns.deflated(evidence.returns, head.selected, evidence.trials, looks.sweeps)
    if deflated is None:
        return found
    return msgspec.structs.replace(
        found, deflated=deflated[0], trials=deflated[1], points=evidence.trials.points
    )


def sharpe(
    evidence: SweepEvidence, configuration: str, budget: PerfBudget, seed: int
) -> SharpeTest | None:
    """Test whether a configuration is distinguishably worse, with what the budget alone would do.

    A budget of a Sharpe ratio is taken as one of the annual ratio, as the test's is.
    """
    test = returns.tested_sharpe(evidence, configuration, seed)
    if test is None or not is_sharpe(budget):
        return test
    limit = budget.max_drop + budget.epsilon_abs
    return msgspec.structs.replace(test, by_chance=returns.by_chance(test, limit))


def is_sharpe(budget: PerfBudget) -> bool:
    """Whether the budget is of a Sharpe ratio, by its name."""
    return budget.mode is Mode.MAX and "sharpe" in budget.metric.lower()


def elapsed_limits(head: SweepSummary) -> ElapsedLimits | None:
    """Give the limits of the 90 % quantile of head's elapsed seconds; None: no run succeeded."""
    if not head.elapsed:
        return None
    low, high = quantile_limits(head.elapsed)
    return ElapsedLimits(runs=len(head.elapsed), low=low, high=high)


def _standing_out(testable: Mapping[str, Matched], budget: PerfBudget) -> tuple[str, ...]:
    names: Sequence[str] = sorted(testable)
    ps = [signed_rank(testable[name].changes, zero=budget.epsilon_abs) for name in names]
    stands = benjamini_hochberg(ps, FAMILY_ADVISORY)
    return tuple(name for name, holds in zip(names, stands, strict=True) if holds)


def _run(name: str, row: PointResult | RowError) -> tuple[str, int | None, int]:
    return (name, row.fold, row.seed)


def _first_errors(head: SweepSummary, names: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for error in head.errors:
        if error.config_id in names:
            found.setdefault(error.config_id, first_line(error.error))
    return found


def _cut(text: str) -> str:
    return text if len(text) <= MAX_TOLD else f"{text[: MAX_TOLD - 1]}…"


def _succeeded(summary: SweepSummary) -> dict[str, bool]:
    return {row.config_id: row.status == "ok" for row in summary.leaderboard}
