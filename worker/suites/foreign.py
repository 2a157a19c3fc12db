"""Benchmarks that a command of the repository's measures: a launch is one run of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from engine.configuration import FILE_NAME, Argv
from engine.errors import Where
from engine.orders import CaseFailure
from engine.plan import Pair
from engine.values import Side
from worker.suites.command import filled, step_of
from worker.suites.control import conditions, variables
from worker.suites.launch import Launched, launch, parser_of
from worker.suites.listing import list_cases
from worker.suites.task import Task


class Foreign:
    """A suite's ``command``, told by ``{cases}`` what to measure where it takes that."""

    def __init__(self, task: Task, command: Argv) -> None:
        """Take the task and its command.

        Raises:
            UserError: its format is none.
        """
        suite = task.order.suite
        where = Where(FILE_NAME, field=f"suites.{task.order.suite_name}.format")
        self._task = task
        self._command = command
        self._parse = parser_of(suite.format, where)
        self._measuring = conditions(suite.measure.threads, own_harness=False)
        self._listed: dict[Side, tuple[str, ...]] = {}

    @property
    def failed(self) -> tuple[CaseFailure, ...]:
        """Give nothing: a command that fails does so as a whole."""
        return ()

    def prepare(self) -> Mapping[Side, tuple[str, ...]]:
        """List the cases of both sides, where the suite declares how."""
        self._listed = {side: found for side in Side if (found := list_cases(self._task, side))}
        return dict(self._listed)

    def cases(self, wanted: Sequence[str] | None) -> tuple[str, ...] | None:
        """Take what is wanted: each side's command gets those of them that the side has."""
        return None if wanted is None else tuple(wanted)

    @property
    def may_choose(self) -> bool:
        """Whether the command takes ``{cases}``."""
        return "{cases}" in self._command

    def launch(self, pair: Pair, side: Side, cases: Sequence[str] | None) -> Launched:
        """Run the command once."""
        threads = self._task.order.suite.measure.threads
        out = self._task.out / f"launch-{pair.pair}-{side}.json"
        argv = filled(self._command, out, self._arguments(side, cases))
        step = step_of(self._task, side, "command", argv)
        environ = {**step.environ, **variables(pair.seed, threads)}
        measuring = self._task.placed(self._measuring)
        return launch(replace(step, environ=environ, measuring=measuring), out, self._parse)

    def prepare_own_copy(self) -> None:
        """List head's cases anew: its own measuring files may have others."""
        found = list_cases(self._task, Side.HEAD)
        if found is not None:
            self._listed[Side.HEAD] = found

    def _arguments(self, side: Side, cases: Sequence[str] | None) -> Sequence[str] | None:
        """Choose what ``{cases}`` stands for; where results have other names than lists, all."""
        listed = self._listed.get(side)
        if cases is None or listed is None:
            return listed if cases is None else cases
        return [case for case in listed if case in set(cases)] or listed
