"""Driver of benchmark suites: rounds of launches, base and head in turns, until all is decided."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.configuration import FILE_NAME
from engine.dealing import OWN_COPY_LAUNCHES
from engine.dealing import pair as pair_of
from engine.errors import UserError, Where
from engine.orders import BenchmarkEvidence
from engine.plan import Pair, Round, next_round
from engine.samples import PairLaunch, Purpose
from engine.values import Side
from worker.suites.foreign import Foreign
from worker.suites.means import Means
from worker.suites.spec_cases import SpecCases
from worker.suites.task import OutOfTimeError, SideError, Task
from worker.suites.thinning import thinned

_MARGIN = 1.25  # of the slowest pair so far, for one that is slower still
_WORDS: Mapping[Purpose, str] = {
    "pair": "pairs of launches",
    "screen": "launches of head",
    "own_copy": "launches of head's own copy",
}


def measure(task: Task) -> BenchmarkEvidence:
    """Launch the suite on both sides, round by round, until every case is decided.

    No pair but the first is begun that would likely end after ``max_minutes`` or the deadline:
    what is measured by then is the evidence, without a pair that the deadline ends all the
    same. A file without a benchmark is a launch that measured nothing. Where the pull request
    changes the measuring files and head does not run with the base's copy of them, head's own
    copy alone is measured.

    Raises:
        SideError: a case or command failed, or was stopped at the deadline in the first pair.
        UserError: an output file is missing, malformed or too large.
    """
    session = _Session(task, _means(task), time.monotonic() + _allowed_s(task))
    try:
        session.run()
    except SideError as error:
        if not session.may_skip_pairs(error):
            raise
        session.run_own_copy()
    return BenchmarkEvidence(
        launches=tuple(session.launches),
        cut_short=session.cut_short,
        listed_base=session.listed.get(Side.BASE),
        listed_head=session.listed.get(Side.HEAD),
    )


def _means(task: Task) -> Means:
    suite = task.order.suite
    if suite.spec is not None:
        return SpecCases(task, suite.spec)
    if suite.command is not None:
        return Foreign(task, suite.command)
    where = Where(FILE_NAME, field=f"suites.{task.order.suite_name}")
    problem = "a benchmark suite has neither spec nor command."
    raise UserError(problem, where, "Declare one of them.")


def _allowed_s(task: Task) -> float:
    minutes = task.order.suite.max_minutes
    return task.remaining_s() if minutes is None else min(minutes * 60, task.remaining_s())


class _OverError(Exception):
    """There is no time for more, or nothing to be learnt from it."""


@dataclass(slots=True)
class _Session:
    """One order being measured; *stop_at* is on the clock of ``time.monotonic``."""

    task: Task
    means: Means
    stop_at: float
    launches: list[PairLaunch] = field(default_factory=list)
    listed: Mapping[Side, tuple[str, ...]] = field(default_factory=dict)
    cut_short: bool = False
    is_own_copy: bool = False
    slowest_s: float = 0.0

    def run(self) -> None:
        """Make rounds while they are asked for, they fit, and they measure what they are for."""
        self.listed = self.means.prepare()
        try:
            while wanted := next_round(self.task.order, self.task.runner, self.launches):
                self._round(wanted)
        except _OverError:
            return
        finally:
            self._tell("pair", 0)

    def may_skip_pairs(self, error: SideError) -> bool:
        """Whether *error* only says that head does not run with the base's measuring files."""
        is_heads = error.side is Side.HEAD and not isinstance(error, OutOfTimeError)
        nothing_yet = not self.launches and not self.is_own_copy
        return is_heads and nothing_yet and bool(self.task.order.measuring_changed)

    def run_own_copy(self) -> None:
        """Measure head with its own measuring files, and nothing else."""
        seed = self.task.order.seed
        pairs = tuple(pair_of(seed, index) for index in range(OWN_COPY_LAUNCHES))
        try:
            self._round(Round(pairs, None, "own_copy"))
        except _OverError:
            return

    def _round(self, wanted: Round) -> None:
        cases = self._chosen(wanted)
        start = len(self.launches)
        for position, pair in enumerate(wanted.pairs):
            self._refuse_overtime()
            self._tell(wanted.purpose, len(wanted.pairs) - position)
            started = time.monotonic()
            self.launches += self._measure(pair, wanted, cases)
            self.slowest_s = max(self.slowest_s, time.monotonic() - started)
            found = {one.case for launch in self.launches[start:] for one in launch.measured}
            if not (found if wanted.cases is None else found & set(wanted.cases)):
                raise _OverError  # none of the cases is measured: more tells nothing

    def _chosen(self, wanted: Round) -> tuple[str, ...] | None:
        if wanted.purpose != "own_copy":
            cases = self.means.cases(wanted.cases)
            if cases == ():
                raise _OverError
            return cases
        if not self.is_own_copy:
            self.is_own_copy = True
            self.task.lay_own_copy()
            self.means.prepare_own_copy()
        return wanted.cases

    def _refuse_overtime(self) -> None:
        if self.launches and time.monotonic() + self.slowest_s * _MARGIN > self.stop_at:
            raise _OverError

    def _measure(
        self, pair: Pair, wanted: Round, cases: tuple[str, ...] | None
    ) -> tuple[PairLaunch, ...]:
        """Launch what belongs to one pair; in the first one a time-out is an error."""
        sides = pair.sides if wanted.purpose == "pair" else (Side.HEAD,)
        try:
            return tuple(self._launch(pair, side, wanted.purpose, cases) for side in sides)
        except OutOfTimeError:
            if not self.launches:
                raise
            self.cut_short = True
            raise _OverError from None

    def _launch(
        self, pair: Pair, side: Side, purpose: Purpose, cases: tuple[str, ...] | None
    ) -> PairLaunch:
        launched = self.means.launch(pair, side, cases)
        return PairLaunch(
            pair=pair.pair,
            side=side,
            first=purpose != "pair" or side is pair.first,
            wall_s=launched.finished.wall_s,
            cpu_s=launched.finished.cpu_s,
            measured=thinned(launched.measured),
            purpose=purpose,
            conditions=launched.finished.conditions,
        )

    def _tell(self, purpose: Purpose, left: int) -> None:
        sides = len(Side) if purpose == "pair" else 1
        done = sum(one.purpose == purpose for one in self.launches) // sides
        self.task.progress(_WORDS[purpose], done, done + left)
