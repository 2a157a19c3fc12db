"""What is measured: from suites to run orders; ``next_round`` goes on from an order to launches."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from pathspec import GitIgnoreSpec

from engine.configuration import Configuration, Suite, When
from engine.continued import continuing
from engine.dealing import Pair, Round, Runner, next_round
from engine.identity import derived_seed
from engine.orders import RunOrder, Session
from engine.values import CheckId, CommitSha, RepositoryName, RunId, SuiteName

_NONCE_DIGITS = 32


class Selection(NamedTuple):
    """Names of the suites to run, and of those none of whose paths changed."""

    selected: tuple[str, ...]
    skipped: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EarlierEvidence:
    """What former orders measured of a commit pair: a session for each kind of hardware.

    The session that was begun last is the first.
    """

    sessions: tuple[Session, ...]


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


def _touched(suite: Suite, changed: Sequence[str]) -> bool:
    if suite.paths is None:
        return True
    return any(GitIgnoreSpec.from_lines(suite.paths).match_files(changed))


def _order(
    request: PlanRequest, position: int, name: str, earlier: EarlierEvidence | None
) -> RunOrder:
    run = run_id(request.check, position)
    material = f"{request.entropy}/{run}".encode()
    order = RunOrder(
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
    )
    return order if earlier is None else continuing(order, earlier.sessions)


__all__ = [
    "EarlierEvidence",
    "Pair",
    "PlanRequest",
    "Round",
    "Runner",
    "Selection",
    "next_round",
    "plan_runs",
    "run_id",
    "select_suites",
]
