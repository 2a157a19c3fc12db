"""From decided gates to findings: the numbers, the outcome, and why."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from engine.decided import Decided
from engine.findings import Also, Finding, Reason
from engine.gates import Gate, Statistic, worsenings
from engine.series import Key, Reduce, Series
from engine.stats import constants as c
from engine.stats.guard import IMPROVEMENT, PASS, REGRESSION, UNDECIDED, student_t
from engine.stats.levels import mean, worst_of_twenty
from engine.stats.prospects import further_pairs, smallest_visible
from engine.units import unknown_unit
from engine.values import Better, Outcome, Side

_MANY_SLOW = 3  # outlying pairs on the worse side that are worth a word
_LARGEST_LOG = 700.0  # exp of more is no float
_OUTCOMES = {
    REGRESSION: Outcome.REGRESSION,
    IMPROVEMENT: Outcome.IMPROVEMENT,
    PASS: Outcome.PASS,
    UNDECIDED: Outcome.INCONCLUSIVE,
}
_STATISTICS: dict[str, Reduce] = {
    "mean": lambda samples, _: mean(samples),
    "p95": worst_of_twenty,
}


@dataclass(frozen=True, slots=True)
class Numbers:
    """What the last look at one gate found; ln(head/base), whatever the direction."""

    pairs: int
    effect: float
    sd: float
    half95: float
    half99: float


def finding_of(decided: Decided, row: int) -> Finding:
    """Word one decided gate as a finding; the numbers are None where there was no pair."""
    gate, decisions = decided.gates[row], decided.decisions
    outcome, reason = _outcome(decided, row)
    finding = Finding(
        case=gate.key.case,
        metric=_metric(gate),
        outcome=outcome,
        reason=reason,
        unit=gate.unit,
        better=gate.better,
        limit=math.expm1(gate.limit),
        statistic="mean" if gate.statistic is Statistic.MEAN else "level",
        whole_suite=gate.statistic is Statistic.SUITE,
        points=gate.size if gate.statistic is Statistic.SUITE else None,
        clock=gate.clock,
        pairs=int(decisions.pairs[row]) or len(gate.pairs),
        p=float(decisions.p[row]),
        budget_path=gate.match.path,
        caveats=tuple(_caveats(decided, row)),
    )
    numbers = _numbers(decided, row)
    finding = finding if numbers is None else _with_numbers(finding, gate, numbers)
    return _with_deciding(finding, decided, row) if outcome is Outcome.PASS else finding


def suite_finding(decided: Decided) -> Finding | None:
    """Give the row of the suite as a whole, where it adds something to those of its cases.

    Undecided it does not, nor where fewer than half of the cases moved its mean by themselves.
    """
    row = decided.row(Key("", "time"), Statistic.SUITE)
    if row is None or 0 < 2 * decided.alike(row) < decided.gates[row].size:
        return None
    finding = finding_of(decided, row)
    return None if finding.outcome is Outcome.INCONCLUSIVE else finding


def unjudged(key: Key, reason: Reason, caveat: str = "") -> Finding:
    """Give the row of what could not be compared."""
    return Finding(
        case=key.case,
        metric=key.metric,
        outcome=Outcome.NO_VERDICT,
        reason=reason,
        caveats=(caveat,) if caveat else (),
    )


def beside(gate: Gate, series: Mapping[Key, Series]) -> Iterator[Also]:
    """Give what is shown of the same launches beside the level.

    Its mean and 95th centile, and the mean by the other clock, which sees what a level hides.
    """
    one = series[gate.key]
    shown: list[tuple[str, str, Series]] = [("mean", "mean", one), ("p95", "p95", one)]
    other = {"cpu": "wall", "wall": "cpu"}.get(gate.clock or "")
    if other is not None:
        shown.append((f"mean {other}", "mean", series[Key(gate.key.case, other)]))
    for name, statistic, found in shown:
        told = _told(name, _STATISTICS[statistic], found)
        if told is not None:
            yield told


def _metric(gate: Gate) -> str:
    return f"mean {gate.key.metric}" if gate.statistic is Statistic.MEAN else gate.key.metric


def _outcome(decided: Decided, row: int) -> tuple[Outcome, Reason]:
    gate, decisions = decided.gates[row], decided.decisions
    outcome = _OUTCOMES[int(decisions.outcome[row])]
    if gate.differences is None:
        return Outcome.NO_VERDICT, Reason.NOT_COMPARABLE
    if outcome is Outcome.REGRESSION:
        return outcome, Reason.OVER_BUDGET
    if outcome is Outcome.IMPROVEMENT:
        return outcome, Reason.BETTER
    if outcome is Outcome.PASS:
        real = bool(decisions.real[row])
        return outcome, Reason.REAL_BUT_SMALL if real else Reason.WITHIN_BUDGET
    if _is_better(decided, row):
        return Outcome.PASS, Reason.NOT_WORSE
    return outcome, _undecided(decided, row)


def _is_better(decided: Decided, row: int) -> bool:
    """Whether the repeated 99 % interval lies on the better side, though not past the budget."""
    decisions = decided.decisions
    if not decisions.pairs[row] or decisions.noisier[row]:
        return False
    return float(decisions.effect[row] + decided.half99[row]) < 0


def _undecided(decided: Decided, row: int) -> Reason:
    gate, decisions = decided.gates[row], decided.decisions
    if not decisions.pairs[row]:
        return Reason.TOO_FEW_PAIRS
    if decisions.noisier[row]:
        return Reason.NOISY
    if decisions.alone[row]:
        return Reason.FAMILY
    size, half = abs(float(decisions.effect[row])), float(decided.half99[row])
    if decisions.halves_differ[row] and size > gate.limit:
        return Reason.HALVES_DIFFER
    straddles = size - half < gate.limit < size + half
    return Reason.AT_THE_BUDGET if straddles and size > half else Reason.CANNOT_TELL


def _caveats(decided: Decided, row: int) -> Iterator[str]:
    gate = decided.gates[row]
    if gate.differences is None:
        yield "a level is zero or negative, so head/base means nothing"
    elif decided.decisions.sd[row] == 0 and gate.statistic is Statistic.LEVEL:
        yield "all pairs differ by the same: is the clock too coarse?"
    axis = unknown_unit(gate.key.metric, gate.unit) if gate.key.case else None
    if axis is not None:
        named = f"so that only a budget of {gate.key.metric} itself holds for it"
        yield f"its unit {gate.unit} is no known unit of {axis}, {named}"
    slow, fast = int(decided.decisions.slow[row]), int(decided.decisions.fast[row])
    if slow >= max(_MANY_SLOW, 3 * fast):
        yield f"head was far worse in {slow} of {decided.decisions.pairs[row]} pairs"
    if gate.statistic is Statistic.LEVEL:
        yield from _clock_caveats(gate)


def _clock_caveats(gate: Gate) -> Iterator[str]:
    if gate.clock == "wall":
        yield (
            "judged by wall time: in some launch the process was off the CPU for a part of its "
            "time (sleep, lock, child process, or other load here)"
        )
    if gate.clock is None and gate.key.metric == "cpu":
        yield "CPU time alone was measured: waiting would not be seen"


def _numbers(decided: Decided, row: int) -> Numbers | None:
    """Take the last look's numbers; of pairs too few for a look, their plain t interval."""
    gate, decisions = decided.gates[row], decided.decisions
    sign = 1.0 if gate.better is Better.LOWER else -1.0
    if decisions.pairs[row]:
        return Numbers(
            pairs=int(decisions.pairs[row]),
            effect=sign * float(decisions.effect[row]),
            sd=float(decisions.sd[row]),
            half95=float(decided.half95[row]),
            half99=float(decided.half99[row]),
        )
    return None if gate.differences is None else _plain(gate.differences, sign)


def _plain(differences: Sequence[float], sign: float) -> Numbers | None:
    count = len(differences)
    if count < 2:  # noqa: PLR2004 - a spread takes two
        return None
    sd = float(np.std(differences, ddof=1))
    error = sd / math.sqrt(count)
    return Numbers(
        pairs=count,
        effect=sign * math.fsum(differences) / count,
        sd=sd,
        half95=student_t(count - 1, c.REPEATED_95) * error,
        half99=student_t(count - 1, c.REPEATED_99) * error,
    )


def _with_numbers(finding: Finding, gate: Gate, numbers: Numbers) -> Finding:
    base = _centre(gate.base[: numbers.pairs])
    undecided = finding.outcome is Outcome.INCONCLUSIVE
    further = further_pairs(numbers.sd, gate.limit, numbers.pairs) if undecided else None
    fields: dict[str, object] = {
        "base": base,
        # The level that the decision says, with outliers pulled in as there.
        "head": None if base is None else base * math.exp(_bounded(numbers.effect)),
        "change": fraction(numbers.effect),
        "low": fraction(numbers.effect - numbers.half99),
        "high": fraction(numbers.effect + numbers.half99),
        "low95": fraction(numbers.effect - numbers.half95),
        "high95": fraction(numbers.effect + numbers.half95),
        "smallest_visible": fraction(smallest_visible(numbers.sd, numbers.pairs)),
        "further_pairs": further,
    }
    return replaced(finding, **fields)


def _with_deciding(finding: Finding, decided: Decided, row: int) -> Finding:
    """Add the interval that a pass was decided by, which is narrower than the one shown."""
    if finding.reason is Reason.NOT_WORSE:
        return replaced(finding, deciding_low=finding.low, deciding_high=finding.high)
    sign = 1.0 if decided.gates[row].better is Better.LOWER else -1.0
    effect, half = sign * float(decided.decisions.effect[row]), float(decided.half_miss[row])
    low, high = fraction(effect - half), fraction(effect + half)
    return replaced(finding, deciding_low=low, deciding_high=high)


def _centre(levels: Sequence[float]) -> float | None:
    """Geometric mean of launch levels, in their unit."""
    if not levels:
        return None
    return math.exp(math.fsum(map(math.log, levels)) / len(levels))


def _told(name: str, reduce: Reduce, found: Series) -> Also | None:
    base, head = (found.levels(side, found.pairs, reduce) for side in (Side.BASE, Side.HEAD))
    differences = worsenings(base, head, Better.LOWER)
    numbers = None if differences is None else _plain(differences, 1.0)
    if numbers is None:
        return None
    low, high = numbers.effect - numbers.half99, numbers.effect + numbers.half99
    return Also(name=name, change=fraction(numbers.effect), low=fraction(low), high=fraction(high))


def fraction(logarithm: float) -> float:
    """Give exp(x) - 1, held to what a float can be.

    >>> round(fraction(0.0953102), 4)
    0.1
    """
    return math.expm1(_bounded(logarithm))


def _bounded(logarithm: float) -> float:
    return min(max(logarithm, -_LARGEST_LOG), _LARGEST_LOG)


def replaced(finding: Finding, **changes: object) -> Finding:
    """Give *finding* with fields replaced."""
    return msgspec.structs.replace(finding, **changes)
