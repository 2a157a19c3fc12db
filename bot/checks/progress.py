"""What people see of a check that is out: who measures, how far it is, how long it takes.

That a runner took a run up is told at once. How far it is changes all the time, and every write
to the forge is one of few: it is told now and then, one check run a turn, and only where what is
shown would read differently.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec

from bot.checks import board
from bot.checks.claim import claimed
from bot.checks.expectation import Expectation
from bot.services import Services
from bot.store.checks import RunRecord, RunStatus
from engine.errors import TransientError, UserError
from engine.eta import Eta
from engine.reports import notices
from engine.reports.check import CheckText
from engine.values import CheckId, RunId

PACE = timedelta(seconds=30)  # between two states of one check run
TURN = timedelta(seconds=3)  # between two such writes of all
AT_ONCE = 50  # so many are looked at to find one that changed

log = logging.getLogger(__name__)


class State(msgspec.Struct, frozen=True):
    """What a check run is to say while it has not ended."""

    text: CheckText
    queued: bool


@dataclass(slots=True)
class _Shown:
    """What was put last, and when; *runner* is who measured then."""

    at: datetime
    state: State | None = None
    runner: str | None = None


@dataclass(slots=True)
class Announcer:
    """Tells how far the runs are that are out; remembers what it has told."""

    services: Services
    _runs: dict[RunId, _Shown] = field(default_factory=dict)
    _roll_ups: dict[CheckId, _Shown] = field(default_factory=dict)
    _next: datetime | None = None

    def turn(self, out: Mapping[RunId, RunRecord]) -> None:
        """Announce what runners took up; then, now and then, say how far one check run is.

        Raises:
            redis.exceptions.RedisError: the queue is away.
        """
        self._forget_all_but(out)
        runners = self.services.queue.runners()
        expected = Expectation(self.services, runners, out)
        working = {one.run: one.name for one in runners if one.run is not None}
        for run in out.values():
            known = self._runs.setdefault(run.run, _Shown(self.services.clock.now()))
            runner = working.get(run.run)
            if runner is not None and known.runner is None:
                self._announce(expected, run, runner, known)
        now = self.services.clock.now()
        if self._next is None or now >= self._next:
            self._next = now + TURN
            self._tell_one(expected, working, now)

    def _forget_all_but(self, out: Mapping[RunId, RunRecord]) -> None:
        for run in self._runs.keys() - out.keys():
            del self._runs[run]
        for check in self._roll_ups.keys() - {run.check for run in out.values()}:
            del self._roll_ups[check]

    def _announce(self, expected: Expectation, run: RunRecord, runner: str, known: _Shown) -> None:
        is_put = self._put_run(expected, run, runner, known)
        if not is_put or run.check in self._roll_ups:
            return
        shown = self._roll_ups.setdefault(run.check, _Shown(self.services.clock.now()))
        self._put_roll_up(expected, run.check, shown)

    def _tell_one(self, expected: Expectation, working: Mapping[RunId, str], now: datetime) -> None:
        """Bring one check run up to date: the one that has waited longest of those that changed."""
        due = [(shown.at, run) for run, shown in self._runs.items() if now - shown.at >= PACE]
        for _, name in sorted(due)[:AT_ONCE]:
            run, shown = expected.out[name], self._runs[name]
            shown.at = now  # whatever comes of it, the others have their turn first
            state = self._changed(expected, run, working.get(name))
            if state is None or state == shown.state:
                continue
            self._put_run(expected, run, working.get(name), shown)
            roll_up = self._roll_ups.setdefault(run.check, _Shown(now))
            if now - roll_up.at >= PACE or roll_up.state is None:
                self._put_roll_up(expected, run.check, roll_up)
            return

    def _changed(self, expected: Expectation, run: RunRecord, runner: str | None) -> State | None:
        """Give what there is to say of a run; None: nobody can take it, or somebody just does."""
        eta = expected.of_run(run)
        is_waiting = eta.ahead is not None and _may_run(expected, run)
        return None if runner is None and not is_waiting else _state(eta, run, runner)

    def _put_run(
        self, expected: Expectation, run: RunRecord, runner: str | None, shown: _Shown
    ) -> bool:
        shown.at = self.services.clock.now()
        state = _state(expected.of_run(run), run, runner)
        if self._put(run.check, board.of_run(run), state, run):
            shown.state, shown.runner = state, runner
            return True
        return False

    def _put_roll_up(self, expected: Expectation, check: CheckId, shown: _Shown) -> None:
        shown.at = self.services.clock.now()
        of_check = [run for run in expected.out.values() if run.check == check]
        record = self.services.checks.check(check)
        if record is None or record.kind == "promotion" or not of_check:
            return  # a run for a baseline has no roll-up
        begun = len(self.services.checks.runs(check)) > len(of_check)
        state = _roll_up(expected, of_check, begun=begun)
        if state != shown.state and self._put(check, board.roll_up(record), state, of_check[0]):
            shown.state = state

    def _put(self, check: CheckId, slot: board.Slot, state: State, run: RunRecord) -> bool:
        """Put a state by who has claimed the check, while the run is out; else later."""
        if self._is_to_wait(check):
            return False
        try:
            with claimed(self.services, check) as mine:
                if mine is None or not self._is_out(run):
                    return False
                services = self.services
                board.show_progress(services, mine, slot, state.text, queued=state.queued)
        except (TransientError, UserError) as error:
            log.warning("not_announced", extra={"run": run.run, "problem": str(error)})
            return False
        return True

    def _is_to_wait(self, check: CheckId) -> bool:
        """Whether the forge has asked to be left alone about it for a while."""
        record = self.services.checks.check(check)
        return record is not None and record.retry_utc > self.services.clock.now()

    def _is_out(self, run: RunRecord) -> bool:
        now = self.services.checks.run(run.run)
        return now is not None and now.status is RunStatus.QUEUED


def _state(eta: Eta, run: RunRecord, runner: str | None) -> State:
    if runner is None:
        text = notices.queued(run.tags, ahead=eta.ahead, left_s=eta.left_s)
        return State(text, queued=True)
    if run.order.confirms is not None:
        return State(notices.confirming(runner), queued=False)
    text = notices.measuring(runner, done=eta.done, total=eta.total, left_s=eta.left_s)
    return State(text, queued=False)


def _roll_up(expected: Expectation, runs: Sequence[RunRecord], *, begun: bool) -> State:
    """Sum up the runs of a check that are out; its end is that of the last of them."""
    etas = [expected.of_run(run) for run in runs]
    ends = [eta.left_s for eta in etas if eta.left_s is not None]
    left_s = max(ends) if len(ends) == len(etas) else None
    waiting = [eta.ahead for eta in etas if eta.ahead is not None]
    if len(waiting) == len(etas) and not begun:
        tags = sorted({tag for run in runs for tag in run.tags})
        return State(notices.queued(tags, ahead=min(waiting), left_s=left_s), queued=True)
    counts = [(eta.done, eta.total) for eta in etas if eta.done is not None]
    done, total = None, None
    if len(counts) == len(etas):
        done, total = (sum(each or 0 for each in column) for column in zip(*counts, strict=True))
    names = [run.order.suite_name for run in runs]
    return State(notices.running(names, done=done, total=total, left_s=left_s), queued=False)


def _may_run(expected: Expectation, run: RunRecord) -> bool:
    return any(set(run.tags) <= set(runner.tags) for runner in expected.runners)
