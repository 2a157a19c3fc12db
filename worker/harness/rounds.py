"""One launch: all cases are made ready, then measured in turns, a sample each.

A disturbance that lasts longer than a sample then costs many cases one sample, instead of one
case all of them. A stand-alone file of the standard library, for any Python from 3.8 on.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import background
import point
import result_hash
import steadiness
from cases import PREFIX, Case, CaseError
from clocks import Timed, levels

if TYPE_CHECKING:
    from clocks import Timer

MAX_WARM_UP = 30
CALMING_S = 0.3  # threads that a declared pool keeps spinning after its work


class UnfinishedError(CaseError):
    """Something goes on working in this process, or below it: no other case can be measured."""


class Running:
    """A case while it is measured: its argument, and its samples so far."""

    def __init__(self, case: Case, request: dict[str, Any], timed: Timer) -> None:
        """Take the case and what is asked of it; nothing is called yet."""
        self.case = case
        self.request = request
        self.timed = timed
        self.inner: int = request["inner"].get(case.name, 1)
        self.arguments: tuple[Any, ...] = ()
        self.found: str | None = None
        self.series: list[Timed] = []
        self.start: int = request["warmup"]
        self.is_steady: bool | None = None  # None: it takes samples still

    def prepare(self) -> None:
        """Make the argument, and call the case once; what it returns is hashed."""
        point.seed_generators(self.request["seed"])
        self.arguments = self.case.arguments()
        result = self.case.finished(self.case.call(*self.arguments))
        self.found = result_hash.result_hash(result)
        del result
        gc.collect()

    def begin(self) -> None:
        """Make ready, warm up, and look whether the case leaves work behind: its own so far."""
        self.prepare()
        for _ in range(self.start):
            self.sample()
        refuse_unfinished(f"{PREFIX}{self.case.name} leaves", self.request["threads"])

    def sample(self) -> None:
        """Take one sample."""
        self.series.append(self.timed(self.case.call, self.arguments, self.inner))

    def missing(self) -> int:
        """Tell how many more samples are needed until those to be kept are of one level."""
        if self.is_steady is not None:
            return 0
        wanted = self.start + self.request["samples"] - len(self.series)
        if wanted > 0:
            return wanted
        left = steadiness.warm_up_left(levels(self.kept()))
        if left is None or self.start + left > MAX_WARM_UP:
            self.is_steady = left is None
            return 0
        self.start += left
        return left

    def kept(self) -> list[Timed]:
        """Give the samples after the warm-up."""
        return self.series[self.start :]

    def result(self) -> dict[str, Any]:
        """Say what was measured, in seconds a call and bytes."""
        found: dict[str, Any] = {"case": self.case.name, "inner": self.inner}
        found["result_hash"] = self.found
        if self.series:
            found["steady"] = self.is_steady
            found["wall"] = [sample.wall / self.inner / 1e9 for sample in self.kept()]
            found["cpu"] = [sample.cpu / self.inner / 1e9 for sample in self.kept()]
        if "memory" in self.request["metrics"]:
            found["memory"] = [self.peak_bytes()]
        return found

    def peak_bytes(self) -> int:
        """Give the most memory that Python's allocators held at once during one call."""
        import tracemalloc  # noqa: PLC0415 - not every interpreter has it

        gc.collect()
        tracemalloc.start()
        try:
            before = tracemalloc.get_traced_memory()[0]
            self.case.call(*self.arguments)
            return max(0, tracemalloc.get_traced_memory()[1] - before)
        finally:
            tracemalloc.stop()


class Launch:
    """All cases of one launch; one that fails is left out from there on, and said to be lost."""

    def __init__(
        self, running: Iterable[Running], say: Callable[..., None], told: Callable[..., str]
    ) -> None:
        """Take the cases in their order, where to say what, and how to render an exception."""
        self.alive = list(running)
        self.say = say
        self.told = told

    def measure(self, *, timed: bool, threads: int) -> None:
        """Measure everything: samples where they are asked for, and memory at the end."""
        self.each(Running.begin if timed else Running.prepare)
        if timed:
            self.rounds()
            self.refuse_left(threads)
        self.each(lambda one: self.say(measured=one.result()))

    def each(self, step: Callable[[Running], None], only: Iterable[Running] | None = None) -> None:
        """Take one step of every case, or of some, in their order."""
        for one in list(self.alive if only is None else only):
            name = one.case.name
            self.say(begun=name)
            try:
                step(one)
            except UnfinishedError:
                raise
            except BaseException as error:  # noqa: BLE001 - sys.exit in a case is a failure too
                self.alive.remove(one)
                self.say(lost={"case": name, "tail": self.told(error)})

    def rounds(self) -> None:
        """Take samples in turns; once those to be kept are there, of the unsteady cases alone."""
        while True:
            missing = {one: one.missing() for one in self.alive}
            if not any(missing.values()):
                return
            for turn in range(max(missing.values())):
                wanting = [one for one in self.alive if missing[one] > turn]
                self.each(Running.sample, wanting)

    def refuse_left(self, threads: int) -> None:
        """Refuse a launch in which a case began late to leave work behind."""
        names = [PREFIX + one.case.name for one in self.alive]
        if len(names) == 1:
            self.say(begun=self.alive[0].case.name)
        else:
            self.say(between=True)
        if names:
            shown = f"{', '.join(names[:-1])} or {names[-1]}" if len(names) > 1 else names[0]
            refuse_unfinished(f"{shown} leaves", threads)


def refuse_unfinished(who: str, threads: int) -> None:
    """Refuse what goes on working after it returned: nobody has timed that."""
    share = background.busy_share(CALMING_S if threads > 1 else 0.0)
    if share > 0.0:
        message = (
            f"{who} work behind that uses {share:.0%} of a CPU after it has "
            "returned, in a thread or child process. Let it wait for them, so that all is timed."
        )
        raise UnfinishedError(message)
