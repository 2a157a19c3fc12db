"""One order of a benchmark being measured: its launches, the time that they take, their CPUs."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import msgspec

from engine.dealing import OWN_COPY_LAUNCHES
from engine.dealing import pair as pair_of
from engine.plan import Pair, Round, next_round
from engine.samples import PairLaunch, Purpose
from engine.values import Side
from worker.cpus import PATIENCE_S, reserved
from worker.suites.failed_cases import launches_without, order_without
from worker.suites.means import Means
from worker.suites.pace import FEWEST, MARGIN, Pace
from worker.suites.task import OutOfTimeError, SideError, Task, TooSlowError
from worker.suites.thinning import thinned

_WORDS: Mapping[Purpose, str] = {
    "pair": "pairs of launches",
    "screen": "launches of head",
    "own_copy": "launches of head's own copy",
}
_ONE_PAIR = "one pair takes"
_READY = "making ready on the merge base takes"


class _OverError(Exception):
    """There is no time for more, or nothing to be learnt from it."""


@dataclass(slots=True)
class Session:
    """One order being measured; *stop_at* is on the clock of ``time.monotonic``.

    ``cut_short``: a pair was ended by the deadline; ``is_stopped``: more was wanted than the time
    allowed. *patience_s* is how long a pair waits for a CPU of its own.
    """

    task: Task
    means: Means
    stop_at: float
    launches: list[PairLaunch] = field(default_factory=list)
    listed: Mapping[Side, tuple[str, ...]] = field(default_factory=dict)
    cut_short: bool = False
    is_stopped: bool = False
    is_own_copy: bool = False
    is_parted: bool = False  # the time does not do for all cases at once
    alone: bool = True
    pace: Pace = field(default_factory=Pace)
    patience_s: float = PATIENCE_S
    ready_s: float = 0.0

    def run(self) -> None:
        """Make rounds while they are asked for, they fit, and they measure what they are for."""
        self._prepare()
        try:
            while wanted := self._next():
                self._round(wanted)
        except _OverError:
            # Cases that failed do not keep head's own copy from being measured.
            if self.means.failed and self.task.order.measuring_changed and not self.is_own_copy:
                self.run_own_copy()
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

    def _prepare(self) -> None:
        started = time.monotonic()
        try:
            with self._on_cpus():
                self.listed = self.means.prepare()
        except OutOfTimeError as error:
            if error.side is Side.HEAD:
                raise
            raise self._too_slow(_READY, "more than", time.monotonic() - started) from error
        self.ready_s = time.monotonic() - started

    def _next(self) -> Round | None:
        at_most = self.pace.at_most(self._left_s()) if self.is_parted else None
        failed = {one.case for one in self.means.failed}
        order = order_without(self.task.order, failed)
        launches = launches_without(self.launches, failed)
        return next_round(order, self.task.runner, launches, at_most)

    def _round(self, wanted: Round) -> None:
        cases = self._chosen(wanted)
        start = len(self.launches)
        for position, pair in enumerate(wanted.pairs):
            self._refuse_overtime(cases)
            self._tell(wanted.purpose, len(wanted.pairs) - position)
            self._pair(pair, wanted, cases)
            found = {one.case for launch in self.launches[start:] for one in launch.measured}
            if not (found if wanted.cases is None else found & set(wanted.cases)):
                raise _OverError  # none of the cases is measured: more tells nothing
            if wanted.purpose == "pair" and self._is_to_be_parted(len(found)):
                return

    def _pair(self, pair: Pair, wanted: Round, cases: tuple[str, ...] | None) -> None:
        started = time.monotonic()
        with self._on_cpus():
            made = self._measure(pair, wanted, cases)
        self.launches += made
        measured = {one.case for launch in made for one in launch.measured}
        both = len(Side) / len(made)  # a launch of head alone is half of a pair
        self.pace.note(len(measured), (time.monotonic() - started) * both)

    def _is_to_be_parted(self, cases: int) -> bool:
        """See after the first pair whether there is time for a few of all cases; else part them."""
        first = sum(one.purpose == "pair" for one in self.launches) == len(Side)
        if not first or cases < 2 or not self.means.may_choose:  # noqa: PLR2004 - one is no part
            return False
        self.is_parted = not self.pace.fits(None, self._left_s(), FEWEST - 1)
        return self.is_parted

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

    def _refuse_overtime(self, cases: tuple[str, ...] | None) -> None:
        number = None if cases is None else len(cases)
        if self.launches and not self.pace.fits(number, self._left_s()):
            self.is_stopped = True
            raise _OverError

    def _left_s(self) -> float:
        return self.stop_at - time.monotonic()

    def _measure(
        self, pair: Pair, wanted: Round, cases: tuple[str, ...] | None
    ) -> tuple[PairLaunch, ...]:
        """Launch what belongs to one pair."""
        sides = pair.sides if wanted.purpose == "pair" else (Side.HEAD,)
        if not self.launches:
            return self._first(pair, sides, wanted.purpose, cases)
        try:
            return tuple(self._launch(pair, side, wanted.purpose, cases) for side in sides)
        except OutOfTimeError:
            self.cut_short = self.is_stopped = True
            raise _OverError from None

    def _first(
        self,
        pair: Pair,
        sides: tuple[Side, ...],
        purpose: Purpose,
        cases: tuple[str, ...] | None,
    ) -> tuple[PairLaunch, ...]:
        """Launch the sides in equal shares of the time, whichever the coin puts first.

        Head is to blame for its time only where the merge base ends well within its own.
        """
        share_s = self.task.remaining_s() / 2
        made: dict[Side, PairLaunch] = {}
        late: OutOfTimeError | None = None
        waiting = list(sides)
        while waiting:
            side = waiting.pop(0)
            try:
                with self.task.within(share_s):
                    made[side] = self._launch(pair, side, purpose, cases)
            except OutOfTimeError as error:
                if side is Side.BASE:
                    raise self._too_slow(_ONE_PAIR, "more than", 2 * share_s) from error
                late = error
                if Side.BASE not in {*made, *waiting}:
                    waiting.append(Side.BASE)  # only to see whether head alone is slow
        if late is None:
            return tuple(made.values())
        base_s = made[Side.BASE].wall_s
        if base_s * MARGIN > share_s:
            raise self._too_slow(_ONE_PAIR, "about", 2 * base_s) from late
        raise late

    def _too_slow(self, what: str, about: str, took_s: float) -> TooSlowError:
        limit = self.task.limit.replace(": ", " is ")
        before = f" (after {self.ready_s:.0f} s to make ready)" if self.ready_s >= 1 else ""
        said = f"{what} {about} {max(took_s, 1):.0f} s{before}, {limit}"
        return TooSlowError(self.task.order.suite_name, said)

    def _launch(
        self, pair: Pair, side: Side, purpose: Purpose, cases: tuple[str, ...] | None
    ) -> PairLaunch:
        launched = self.means.launch(pair, side, cases)
        conditions = launched.finished.conditions
        return PairLaunch(
            pair=pair.pair,
            side=side,
            first=purpose != "pair" or side is pair.first,
            wall_s=launched.finished.wall_s,
            cpu_s=launched.finished.cpu_s,
            measured=thinned(launched.measured),
            purpose=purpose,
            conditions=msgspec.structs.replace(conditions, alone=self.alone),
        )

    @contextmanager
    def _on_cpus(self) -> Iterator[None]:
        """Reserve CPUs for a while; where that failed once, it is not waited for again."""
        patience_s = min(self.patience_s, self.task.remaining_s() / 4) if self.alone else 0.0
        threads = self.task.order.suite.measure.threads
        with reserved(threads, patience_s=patience_s) as got:
            self.alone = got.alone
            self.task.allotment.cpus = got.cpus
            try:
                yield
            finally:
                self.task.allotment.cpus = None

    def _tell(self, purpose: Purpose, left: int) -> None:
        sides = len(Side) if purpose == "pair" else 1
        done = sum(one.purpose == purpose for one in self.launches) // sides
        self.task.progress(_WORDS[purpose], done, done + left)
