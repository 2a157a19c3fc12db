"""Driver of overhead suites: what its risk rules cost a strategy, both variants on head."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from engine.configuration import FILE_NAME
from engine.errors import UserError, Where
from engine.orders import BenchmarkEvidence
from engine.values import Side
from worker.backtest_run import Prepared, Site, load_backtest_spec, prepared
from worker.kernel_cache import copied_cache
from worker.overhead_run import engine_request
from worker.suites.benchmark import measure_by
from worker.suites.command import Step
from worker.suites.spec_cases import SpecCases
from worker.suites.task import Task

UNTIMED = 2  # runs of a launch: of them the first compiles, the second is looked at


def measure(task: Task) -> BenchmarkEvidence:
    """Run the spec's strategy on head in pairs: without its rules as base, with them as head.

    Raises:
        SideError, TooSlowError: as of a benchmark; whatever fails is head's.
        UserError: the spec or its data are missing or wrong.
    """
    spec = task.order.suite.spec
    if spec is None:
        where = Where(FILE_NAME, field=f"suites.{task.order.suite_name}")
        problem = "an overhead suite has no spec."
        raise UserError(problem, where, "Name the spec of a backtest.")
    return measure_by(task, OverheadCases(task, spec))


class OverheadCases(SpecCases):
    """The two variants of one strategy as the two sides of one case; both are head's code."""

    def __init__(self, task: Task, file: str) -> None:
        """Take the task and its spec."""
        super().__init__(task, file)
        self._ready: Prepared | None = None
        self._kernels = ""

    def prepare(self) -> Mapping[Side, tuple[str, ...]]:
        """Read bars and spec, see that both variants run, and find how many runs make a sample.

        Raises:
            UserError: the spec or its data are missing or wrong.
        """
        self._kernels = str(copied_cache(self._task.out / "overhead"))
        self._read("base")
        return super().prepare()

    def prepare_own_copy(self) -> None:
        """Read head's own spec and data, which are in place now."""
        self._read("own")
        super().prepare_own_copy()

    def _read(self, copy: str) -> None:
        """Lay out what the spec that is in place now names; *copy* tells the folders apart."""
        root = self._task.trees[Side.HEAD]
        environment = self._task.environments[Side.HEAD]
        folder = self._task.out / "overhead" / copy
        folder.mkdir(parents=True)
        site = Site(
            root=root,
            shown=self._file,
            folder=folder,
            python=environment.python,
            environ=environment.environ,
            mounts=self._task.mounts,
        )
        self._ready = prepared(load_backtest_spec(root, root / self._file, self._file), site)

    def _step(self, side: Side, seed: int) -> Step:
        """Run in head's tree on either side, and keep compiled kernels from launch to launch."""
        del side
        step = super()._step(Side.HEAD, seed)
        return replace(step, environ={**step.environ, "NUMBA_CACHE_DIR": self._kernels})

    def _lose(self, side: Side, lost: Mapping[str, str], ending: str = "") -> None:
        """Blame head: what runs without rules is its code, too."""
        del side
        super()._lose(Side.HEAD, lost, ending)

    def _engine(self, side: Side) -> Mapping[str, object]:
        ready = self._ready
        if ready is None:
            message = "prepared before anything is launched"
            raise RuntimeError(message)
        measure = self._task.order.suite.measure
        runs = UNTIMED + measure.warmup + measure.samples
        return {**engine_request(ready, runs), "armed": side is Side.HEAD}
