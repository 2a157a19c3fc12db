"""How many comparisons of a check share the level of its alarms, as far as that is known before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from bot.checks.planning import PlannedRun
from bot.store.checks import CheckRecord, CheckStore
from bot.store.verdicts import StoredVerdict


def with_family(
    store: CheckStore, check: CheckRecord, planned: Iterable[PlannedRun]
) -> tuple[PlannedRun, ...]:
    """Tell all orders of the check the same family: what is expected, or was found before.

    Expected are the cases of all its suites. What earlier checks of the same commits reckoned
    with, or found, never becomes less: their evidence is looked at again.
    """
    runs = tuple(planned)
    expected = sum(len(run.terms.expected_cases) for run in runs)
    family = max((expected, *_before(store, check)))
    return tuple(
        PlannedRun(msgspec.structs.replace(run.order, family=family), run.terms) for run in runs
    )


def _before(store: CheckStore, check: CheckRecord) -> Iterator[int]:
    for before in store.checks_of_pair(check.repository, check.base, check.head):
        if before.id == check.id:
            continue
        yield from (run.order.family for run in store.runs(before.id))
        verdict = store.verdict(before.id)
        yield from () if verdict is None else _found(verdict)


class _Finding(msgspec.Struct):
    family: int | None = None


class _Suite(msgspec.Struct):
    findings: list[_Finding]


class _Document(msgspec.Struct):
    """The little that is asked of a verdict, whichever release wrote it."""

    suites: list[_Suite]


def _found(verdict: StoredVerdict) -> Iterator[int]:
    document = msgspec.json.decode(verdict.document, type=_Document)
    for suite in document.suites:
        yield from (one.family for one in suite.findings if one.family is not None)
