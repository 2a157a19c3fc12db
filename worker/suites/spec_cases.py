"""Benchmarks that our own harness measures: the functions of one file of the repository's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from engine.continued import continued
from engine.errors import UserError, Where
from engine.identity import derived_seed
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
        """Choose those of the wanted cases that both sides have."""
        both = set(self._listed[Side.BASE]) & set(self._listed[Side.HEAD])
        return tuple(sorted(both if wanted is None else both & set(wanted)))

    def launch(self, pair: Pair, side: Side, cases: Sequence[str] | None) -> Launched:
        """Measure cases in one process, in an order that the pair's seed shuffles."""
        chosen = shuffled(self._listed[side] if cases is None else cases, pair.seed)
        out = self._task.out / f"launch-{pair.pair}-{side}.json"
        request = self._request("measure", chosen, pair.seed)
        return harness.launched(self._step(side, pair.seed), request, out)

    def prepare_own_copy(self) -> None:
        """List head's own cases, and calibrate there those that base does not have."""
        self._listed[Side.HEAD] = self._list(Side.HEAD)
        self._calibrate(Side.HEAD, self._listed[Side.HEAD])

    def _list(self, side: Side) -> tuple[str, ...]:
        out = self._task.out / f"list-{side}.json"
        return harness.listed(self._step(side, self._seed()), self._request("list"), out)

    def _calibrate(self, side: Side, cases: Sequence[str]) -> None:
        missing = [case for case in cases if case not in self._inner]
        if missing:
            out = self._task.out / f"calibration-{side}.json"
            request = self._request("calibrate", missing, self._seed())
            self._inner |= harness.calibrated(self._step(side, self._seed()), request, out)

    def _seed(self) -> int:
        return derived_seed(self._task.order.seed, "calibration")

    def _step(self, side: Side, seed: int) -> Step:
        environment = self._task.environments[side]
        step = step_of(self._task, side, "spec", (str(environment.python),))
        seen = variables(seed, self._task.order.suite.measure.threads)
        return replace(step, environ={**step.environ, **seen}, measuring=self._measuring)

    def _request(
        self, mode: harness.Mode, cases: Sequence[str] = (), seed: int = 0
    ) -> harness.Request:
        return harness.Request(
            file=self._file,
            mode=mode,
            measure=self._task.order.suite.measure,
            cases=tuple(cases),
            seed=seed,
            inner={case: self._inner[case] for case in cases if case in self._inner},
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
