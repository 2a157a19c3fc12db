"""What is measured and in which order: suites to run orders, an order to pairs of launches."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from pathspec import GitIgnoreSpec

from engine.configuration import Configuration, Suite, When
from engine.identity import derived_seed
from engine.orders import RunOrder
from engine.samples import PairLaunch
from engine.stats.paired import MAX_POOLED_PAIRS, PAIRS_PER_ORDER
from engine.values import CheckId, CommitSha, RepositoryName, RunId, Side, SuiteName

_NONCE_DIGITS = 32


class Selection(NamedTuple):
    """Names of the suites to run, and of those none of whose paths changed."""

    selected: tuple[str, ...]
    skipped: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EarlierEvidence:
    """Launches of a commit pair that a former order made on hardware of this fingerprint."""

    fingerprint: str
    launches: tuple[PairLaunch, ...]


@dataclass(frozen=True, slots=True)
class PlanRequest:
    """All that the orders of one check follow from.

    ``entropy`` is a string that nobody outside can guess; the orders' nonces derive from it.
    ``earlier`` is evidence of this very commit pair by suite, which the orders continue.
    """

    check: CheckId
    repository: RepositoryName
    configuration: Configuration
    selected: tuple[str, ...]
    base: CommitSha
    head: CommitSha
    seed: int
    entropy: str
    earlier: tuple[tuple[str, EarlierEvidence], ...] = ()


@dataclass(frozen=True, slots=True)
class Pair:
    """One launch of each side, *first* first; both get the same *seed*."""

    pair: int
    first: Side
    seed: int

    @property
    def sides(self) -> tuple[Side, Side]:
        """Both sides in the order of their launches."""
        return (self.first, Side.HEAD if self.first is Side.BASE else Side.BASE)


def select_suites(
    configuration: Configuration, changed_paths: Iterable[str], event: When = "pull_request"
) -> Selection:
    """Choose the suites that *event* runs, by gitignore-style globs over the changed paths.

    A suite without ``paths`` always runs; one that is not for *event* is in neither list.
    For a renamed file give both paths.

    Raises:
        ValueError: a glob is not a pattern.
    """
    changed = tuple(changed_paths)
    selected: list[str] = []
    skipped: list[str] = []
    for name, suite in sorted(configuration.suites.items()):
        if event in suite.when:
            (selected if _touched(suite, changed) else skipped).append(name)
    return Selection(tuple(selected), tuple(skipped))


def plan_runs(request: PlanRequest) -> tuple[RunOrder, ...]:
    """Make one order for each selected suite, numbered from 1 in the order of their names.

    The measuring files of both sides are those of the merge base: a pull request cannot
    loosen its own measurement.

    Raises:
        KeyError: a selected suite is not in the configuration.
    """
    earlier = dict(request.earlier)
    return tuple(
        _order(request, position, name, earlier.get(name))
        for position, name in enumerate(sorted(request.selected), start=1)
    )


def run_id(check: CheckId, position: int) -> RunId:
    """Name the run at *position* (from 1) of a check.

    >>> run_id(CheckId("c7"), 2)
    'c7-2'
    """
    return RunId(f"{check}-{position}")


def next_pairs(order: RunOrder, launches: Sequence[PairLaunch]) -> tuple[Pair, ...]:
    """List the pairs that are still to be launched, given the *launches* made so far.

    Empty: enough. This version measures 12 pairs for an order, numbered on from those of
    ``order.earlier``; a pair of which one side is missing is launched again. Where those are
    ``MAX_POOLED_PAIRS`` whole pairs already, they decide alone and nothing is launched.
    """
    if _whole_pairs(order.earlier) >= MAX_POOLED_PAIRS:
        return ()
    start = 1 + max((launch.pair for launch in order.earlier), default=-1)
    sides = _sides_by_pair(launches)
    wanted = range(start, start + PAIRS_PER_ORDER)
    return tuple(
        _pair(order.seed, index) for index in wanted if len(sides.get(index, ())) < len(Side)
    )


def _sides_by_pair(launches: Sequence[PairLaunch]) -> dict[int, set[Side]]:
    sides: dict[int, set[Side]] = {}
    for launch in launches:
        sides.setdefault(launch.pair, set()).add(launch.side)
    return sides


def _whole_pairs(launches: Sequence[PairLaunch]) -> int:
    return sum(len(sides) == len(Side) for sides in _sides_by_pair(launches).values())


def _touched(suite: Suite, changed: Sequence[str]) -> bool:
    if suite.paths is None:
        return True
    return any(GitIgnoreSpec.from_lines(suite.paths).match_files(changed))


def _order(
    request: PlanRequest, position: int, name: str, earlier: EarlierEvidence | None
) -> RunOrder:
    run = run_id(request.check, position)
    material = f"{request.entropy}/{run}".encode()
    return RunOrder(
        run=run,
        nonce=hashlib.sha256(material).hexdigest()[:_NONCE_DIGITS],
        repository=request.repository,
        suite_name=SuiteName(name),
        suite=request.configuration.suites[name],
        setup=request.configuration.setup,
        base=request.base,
        head=request.head,
        measuring_from=request.base,
        seed=derived_seed(request.seed, name),
        earlier=() if earlier is None else earlier.launches,
        earlier_fingerprint=None if earlier is None else earlier.fingerprint,
    )


def _pair(seed: int, index: int) -> Pair:
    coin = derived_seed(seed, "coin", index) % 2
    first = Side.BASE if coin == 0 else Side.HEAD
    return Pair(pair=index, first=first, seed=derived_seed(seed, "pair", index))
