"""Benchmarks that our own harness measures: the functions of one file of the repository's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from engine.continued import continued
from engine.errors import UserError, Where
from engine.identity import derived_seed
from engine.orders import MAX_TAIL_CHARACTERS, CaseFailure
from engine.plan import Pair
from engine.values import Side
from worker.suites import harness
from worker.suites.command import Step, step_of
from worker.suites.control import conditions, shuffled, variables
from worker.suites.launch import Launched
from worker.suites.task import Task


class SpecCases:
    """A suite's ``spec``. How many calls make a sample is found on base, once, for both sides."""

    def __init__(self, task: Task, file: str) -> None:
        """Take the task and its spec; calls a sample that are known already stay as they are."""
        self._task = task
        self._file = file
        self._measuring = conditions(task.order.suite.measure.threads, own_harness=True)
        self._listed: dict[Side, tuple[str, ...]] = {}
        self._inner = _earlier_inner(task)
        self._failed: list[CaseFailure] = []
        self._dropped: frozenset[str] = frozenset()  # failed before the pair that runs now
        self._at: int | None = None
        self._is_own_copy = False

    @property
    def failed(self) -> tuple[CaseFailure, ...]:
        """Give the cases that failed, by the merge base's measuring files, in their order."""
        return tuple(self._failed)

    def prepare(self) -> Mapping[Side, tuple[str, ...]]:
        """List the cases of both sides, and calibrate those that both have.

        Raises:
            UserError: base has no case.
        """
        for side in Side:
            self._listed[side] = self._list(side)
            if not self._listed[side]:
                problem = f"has no function bench_NAME on {side}: nothing would be measured."
                remedy = "Write each case as a function whose name begins with bench_."
                raise UserError(problem, Where(self._file), remedy)
        self._calibrate(Side.BASE, self.cases(self._task.order.cases))
        return dict(self._listed)

    def cases(self, wanted: Sequence[str] | None) -> tuple[str, ...]:
        """Choose those of the wanted cases that both sides have, and that did not fail."""
        both = set(self._listed[Side.BASE]) & set(self._listed[Side.HEAD])
        both -= {one.case for one in self._failed}
        return tuple(sorted(both if wanted is None else both & set(wanted)))

    @property
    def may_choose(self) -> bool:
        """Any case can be measured by itself."""
        return True

    def launch(self, pair: Pair, side: Side, cases: Sequence[str] | None) -> Launched:
        """Measure cases in one process, in an order that the pair's seed shuffles.

        A case that fails is left out from the next pair on: in its own both sides are asked, so
        that one that fails on both is not blamed on head. Where it spoilt the launch for the
        others, that is made again without it.
        """
        if pair.pair != self._at and not self._is_own_copy:
            self._at, self._dropped = pair.pair, frozenset(one.case for one in self._failed)
        step = self._step(side, pair.seed)
        out = self._task.out / f"launch-{pair.pair}-{side}.json"
        listed = self._listed[side] if cases is None else cases
        left = {case for case in listed if case not in self._dropped}
        while True:
            request = self._request(side, "measure", shuffled(left, pair.seed), pair.seed)
            try:
                launched = harness.launched(step, request, out)
            except harness.CaseFailedError as error:
                left.discard(error.case)
                self._lose(side, {error.case: error.tail}, error.ending)
                step = self._step(side, pair.seed)  # with the time that is left by now
                continue
            self._lose(side, launched.failed)
            return launched

    def prepare_own_copy(self) -> None:
        """List head's own cases, and calibrate there those that base does not have.

        What failed with the merge base's measuring files may run with head's own.
        """
        self._is_own_copy, self._dropped = True, frozenset()
        self._listed[Side.HEAD] = self._list(Side.HEAD)
        self._calibrate(Side.HEAD, self._listed[Side.HEAD])

    def _list(self, side: Side) -> tuple[str, ...]:
        out = self._task.out / f"list-{side}.json"
        return harness.listed(self._step(side, self._seed()), self._request(side, "list"), out)

    def _calibrate(self, side: Side, cases: Sequence[str]) -> None:
        """Find the calls of the cases that are not known yet; those that fail have none."""
        missing = [case for case in cases if case not in self._inner]
        out = self._task.out / f"calibration-{side}.json"
        while missing:
            request = self._request(side, "calibrate", missing, self._seed())
            try:
                found, lost = harness.calibrated(self._step(side, self._seed()), request, out)
            except harness.CaseFailedError as error:
                missing.remove(error.case)
                self._lose(side, {error.case: error.tail}, error.ending)
                continue
            self._inner |= found
            self._lose(side, lost)
            return

    def _lose(self, side: Side, lost: Mapping[str, str], ending: str = "") -> None:
        """Take note of cases that failed; by head's own measuring files that only informs."""
        if self._is_own_copy:
            kept = self._listed[Side.HEAD]
            self._listed[Side.HEAD] = tuple(case for case in kept if case not in lost)
            return
        self._failed += [
            CaseFailure(case=case, side=side, tail=tail, ending=ending[:MAX_TAIL_CHARACTERS])
            for case, tail in lost.items()
        ]

    def _seed(self) -> int:
        return derived_seed(self._task.order.seed, "calibration")

    def _step(self, side: Side, seed: int) -> Step:
        environment = self._task.environments[side]
        step = step_of(self._task, side, "spec", (str(environment.python),))
        seen = variables(seed, self._task.order.suite.measure.threads)
        measuring = self._task.placed(self._measuring)
        return replace(step, environ={**step.environ, **seen}, measuring=measuring)

    def _engine(self, side: Side) -> Mapping[str, object] | None:  # noqa: ARG002 - of subclasses
        """Say what of our engine is run on *side*; None: the spec's own functions are."""
        return None

    def _request(
        self, side: Side, mode: harness.Mode, cases: Sequence[str] = (), seed: int = 0
    ) -> harness.Request:
        return harness.Request(
            file=self._file,
            mode=mode,
            measure=self._task.order.suite.measure,
            cases=tuple(cases),
            seed=seed,
            inner={case: self._inner[case] for case in cases if case in self._inner},
            engine=self._engine(side),
        )


def _earlier_inner(task: Task) -> dict[str, int]:
    """Take over what earlier evidence of this hardware was measured with."""
    session = continued(task.order, task.runner.fingerprint)
    return {
        launch.case: launch.inner
        for one in (() if session is None else session.launches)
        for launch in one.measured
        if launch.inner is not None
    }
