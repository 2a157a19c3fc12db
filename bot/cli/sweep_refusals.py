"""What of a sweep's spec its strategy cannot do: told once, and not by every point."""

from __future__ import annotations

from engine.backtest.forms.parameters import unknown_in
from engine.backtest.metrics import NAMES
from engine.decoding import did_you_mean
from engine.errors import UserError, Where
from engine.sweep.spec import SweepSpec
from worker.executors.points import Done


def refuse_unknown_metric(spec: SweepSpec, shown: str) -> None:
    """See that a class is ranked by one of our metrics; *shown* is the spec in errors.

    Raises:
        UserError: there is no such metric.
    """
    if spec.metric not in NAMES:
        problem = f"there is no metric {spec.metric!r}."
        remedy = f"{did_you_mean(spec.metric, NAMES)}Metrics of a class: {', '.join(NAMES)}."
        raise UserError(problem, Where(shown, field="metric"), remedy)


def refuse_unknown_parameters(spec: SweepSpec, shown: str, done: Done) -> None:
    """See that a point of a class did not fail for the names in its grid: then every point does.

    Raises:
        UserError: the class has no such parameters.
    """
    for row in done.rows:
        found = unknown_in(row.error or "")
        if found is None or not row.params.keys() >= set(found.unknown):
            continue
        problem = f"{spec.strategy_name} has no parameter {', '.join(found.unknown)}."
        guess = did_you_mean(found.unknown[0], found.known)
        remedy = f"{guess}Its parameters: {', '.join(found.known) or 'none'}."
        key = "grid" if spec.random is None else "random.space"
        raise UserError(problem, Where(shown, field=f"{key}.{found.unknown[0]}"), remedy)
