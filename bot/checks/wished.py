"""Which suites a wish has measured, and which earlier check the others are taken from."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from bot.checks.request import Wish
from bot.checks.results import runs_judged
from bot.store.checks import CheckRecord, CheckStatus, CheckStore
from engine.configuration import Configuration, Suite
from engine.plan import select_suites
from engine.values import CheckId, CommitSha, RepositoryName

TIER = "quick"  # what is measured unless the full tier is asked for


class Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """Suites to measure, and those none of whose paths changed.

    *carries* is the check whose runs stand for the suites that the wish leaves out.
    """

    selected: tuple[str, ...]
    skipped: tuple[str, ...]
    carries: CheckId | None = None


def choose(
    store: CheckStore,
    check: CheckRecord,
    configuration: Configuration,
    changed: Iterable[str],
    wish: Wish,
) -> Chosen:
    """Choose the suites of a check whose base is known.

    What a finished check of the same commits did not measure, and this wish leaves out, is measured
    as well: what is required stands for all of them. Where that leaves nothing, all is measured.
    """
    selected, skipped = _by_events(configuration, tuple(changed), wish)
    wanted = _wanted(configuration, selected, wish)
    if wish.is_partial and (check.pull_request is None or check.aside):
        return Chosen(selected=wanted, skipped=())  # nobody requires the others of it
    before = _carried(store, check) if wish.is_partial else None
    known = frozenset[str]() if before is None else _measured_by(store, before)
    chosen = _joined(wanted, _without(selected, known))
    if before is None or not chosen:
        all_of_it = _joined(wanted, selected)
        return Chosen(selected=all_of_it, skipped=_without(skipped, all_of_it))
    rest = _without(skipped, known.union(chosen))
    return Chosen(selected=chosen, skipped=rest, carries=before.id)


def last_whole(
    store: CheckStore, repository: RepositoryName, number: int, head: CommitSha
) -> CheckRecord | None:
    """Find the last concluded check of a pull request's head that has a verdict."""
    found = (
        check
        for check in reversed(store.checks_of_head(repository, number, head))
        if check.status is CheckStatus.CONCLUDED
        and check.kind == "pull_request"
        and not check.aside
        and store.verdict(check.id) is not None
    )
    return next(found, None)


def _carried(store: CheckStore, check: CheckRecord) -> CheckRecord | None:
    if check.pull_request is None:
        return None
    before = last_whole(store, check.repository, check.pull_request, check.head)
    return before if before is not None and before.base == check.base else None


def _measured_by(store: CheckStore, check: CheckRecord) -> frozenset[str]:
    """Name the suites that a check's verdict is about; one that could not begin is about none."""
    return frozenset(str(run.order.suite_name) for run in runs_judged(store, check))


def _by_events(
    configuration: Configuration, changed: tuple[str, ...], wish: Wish
) -> tuple[list[str], list[str]]:
    of_tier = msgspec.structs.replace(
        configuration,
        suites={
            name: suite
            for name, suite in configuration.suites.items()
            if suite.tiers is None or (wish.tier or TIER) in suite.tiers
        },
    )
    found = [select_suites(of_tier, changed, event) for event in wish.events]
    selected = {name for one in found for name in one.selected}
    skipped = {name for one in found for name in one.skipped}
    return sorted(selected), sorted(skipped - selected)


def _wanted(configuration: Configuration, selected: list[str], wish: Wish) -> tuple[str, ...]:
    """Name what the wish itself names; a tag chooses among those, or among all of its events."""
    among = wish.suites or selected
    return tuple(sorted(name for name in among if _has(configuration.suites.get(name), wish.tag)))


def _has(suite: Suite | None, tag: str | None) -> bool:
    return suite is not None and (tag is None or tag in suite.runs_on)


def _joined(*names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({name for each in names for name in each}))


def _without(names: Iterable[str], taken: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(names) - set(taken)))


def with_pairs(
    configuration: Configuration, chosen: Iterable[str], pairs: int | None
) -> Configuration:
    """Let the chosen suites be measured in at most *pairs* pairs; None leaves them as declared."""
    if pairs is None:
        return configuration
    wanted = frozenset(chosen)
    changed = {
        name: msgspec.structs.replace(
            suite, measure=msgspec.structs.replace(suite.measure, max_pairs=pairs)
        )
        for name, suite in configuration.suites.items()
        if name in wanted
    }
    return msgspec.structs.replace(configuration, suites={**configuration.suites, **changed})
