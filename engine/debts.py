"""The debt ledger: losses that did not stop a merge, so that their sum has names.

Twelve merges of +1 % are each within budget, and together +12 %. A pairing with the commit of a
baseline finds the sum; this ledger says what went into it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from enum import StrEnum
from typing import NamedTuple

import msgspec

from engine.findings import Finding, Reason, SuiteVerdict, Verdict
from engine.values import Better, Outcome, SuiteKind

_SQUASHED = re.compile(r"\(#(?P<number>[0-9]{1,9})\)\s*\Z")


class DebtKind(StrEnum):
    """Why a real loss did not stop its pull request, or was not to."""

    SMALL = "small"  # real, and within the budget
    AT_THE_BUDGET = "at_the_budget"  # real, and not told apart from the budget
    OVER_BUDGET = "over_budget"  # red: it counts if it was merged all the same
    ACCEPTED = "accepted"  # by a maintainer


class Debt(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A loss that a pull request brings, as its last check measured it.

    ``change``, ``low`` and ``high`` are fractions of the base (99 % interval), as measured:
    which sign is worse says ``better``.
    """

    suite: str
    case: str
    metric: str
    fingerprint: str
    pull_request: int
    head: str
    kind: DebtKind
    change: float
    low: float
    high: float
    better: Better
    recorded_utc: str
    run: str


class Merged(NamedTuple):
    """What came between two commits: all commits, and the first lines of their messages."""

    commits: Collection[str]
    subjects: Sequence[str]


class Loss(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The recorded losses of one series, the largest first, and what they come to.

    ``change``, ``low`` and ``high`` are those of the sum, as fractions.
    """

    suite: str
    case: str
    metric: str
    fingerprint: str
    debts: tuple[Debt, ...]
    change: float
    low: float
    high: float


def debts_of(verdict: Verdict, recorded_utc: str) -> tuple[Debt, ...]:
    """List the real losses in a pull request's verdict; of other verdicts there are none."""
    number = verdict.pull_request
    if number is None:
        return ()
    return tuple(
        debt
        for suite in verdict.suites
        if suite.kind is SuiteKind.BENCHMARK
        for finding in suite.findings
        for debt in _debt(verdict, number, suite, finding, recorded_utc)
    )


def contributors(debts: Iterable[Debt], merged: Merged) -> tuple[Loss, ...]:
    """Say which recorded losses came in with *merged*, by series; the largest sum comes first.

    A pull request counts as merged when its checked head is among the commits, or a commit's
    first line ends with its number, as a squash's does.

    >>> debt = Debt(suite="core", case="a", metric="wall", fingerprint="f", pull_request=12,
    ...     head="x", kind=DebtKind.SMALL, change=0.01, low=0.006, high=0.014,
    ...     better=Better.LOWER, recorded_utc="2026-11-20T12:00:00Z", run="c1-1")
    >>> again = msgspec.structs.replace(debt, pull_request=14, head="y")
    >>> (loss,) = contributors([debt, again], Merged({"x"}, ["Faster parser (#14)"]))
    >>> [one.pull_request for one in loss.debts], round(loss.change, 4)
    ([12, 14], 0.0201)
    """
    numbers = frozenset(_numbers(merged.subjects))
    series: dict[tuple[str, str, str, str], list[Debt]] = {}
    for debt in debts:
        if debt.head in merged.commits or debt.pull_request in numbers:
            key = (debt.suite, debt.case, debt.metric, debt.fingerprint)
            series.setdefault(key, []).append(debt)
    losses = [_loss(*key, found) for key, found in sorted(series.items())]
    return tuple(sorted(losses, key=lambda loss: -abs(math.log1p(loss.change))))


def _debt(
    verdict: Verdict, number: int, suite: SuiteVerdict, finding: Finding, recorded_utc: str
) -> Iterator[Debt]:
    kind = _kind(finding)
    change, low, high = finding.change, finding.low, finding.high
    if kind is None or change is None or low is None or high is None or finding.better is None:
        return
    worse = change > 0 if finding.better is Better.LOWER else change < 0
    if worse and min(change, low, high) > -1:  # beyond, there is no logarithm
        yield Debt(
            suite=suite.suite,
            case=finding.case,
            metric=finding.metric,
            fingerprint=suite.fingerprint or "",
            pull_request=number,
            head=verdict.head,
            kind=kind,
            change=change,
            low=low,
            high=high,
            better=finding.better,
            recorded_utc=recorded_utc,
            run=suite.run,
        )


def _kind(finding: Finding) -> DebtKind | None:
    """Say which kind of loss a row may be; means and whole suites repeat what cases lose."""
    if not finding.case or finding.whole_suite or finding.statistic != "level":
        return None
    if finding.outcome is Outcome.PASS and finding.reason is Reason.REAL_BUT_SMALL:
        return DebtKind.SMALL
    if finding.outcome is Outcome.INCONCLUSIVE and finding.reason is Reason.AT_THE_BUDGET:
        return DebtKind.AT_THE_BUDGET
    if finding.outcome is Outcome.REGRESSION and finding.reason is Reason.OVER_BUDGET:
        return DebtKind.ACCEPTED if finding.override == "accept" else DebtKind.OVER_BUDGET
    return None


def _numbers(subjects: Iterable[str]) -> Iterator[int]:
    for subject in subjects:
        found = _SQUASHED.search(subject)
        if found is not None:
            yield int(found["number"])


def _loss(suite: str, case: str, metric: str, fingerprint: str, debts: Sequence[Debt]) -> Loss:
    """Sum in logarithms; errors of separate sessions are independent, so their squares add."""
    effects = [math.log1p(one.change) for one in debts]
    total = math.fsum(effects)
    below, above = (
        math.hypot(
            *(math.log1p(getattr(one, end)) - e for one, e in zip(debts, effects, strict=True))
        )
        for end in ("low", "high")
    )
    return Loss(
        suite=suite,
        case=case,
        metric=metric,
        fingerprint=fingerprint,
        debts=tuple(sorted(debts, key=lambda one: (-abs(one.change), one.pull_request))),
        change=math.expm1(total),
        low=math.expm1(total - below),
        high=math.expm1(total + above),
    )
