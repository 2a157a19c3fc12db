"""What selecting anew at each fold would have earned."""

from __future__ import annotations

from typing import Any

from engine.sweep.rows import SweepRow
from engine.sweep.walk_forward import walk_forward
from engine.values import Mode
from tests.fakes.sweeps import row


def rows_of(values: dict[str, list[tuple[Any, Any]]]) -> list[SweepRow]:
    return [
        row(name, *pair, fold=fold)
        for name, folds in values.items()
        for fold, pair in enumerate(folds)
    ]


FOLDS = {"a": [(2.0, 0.1), (1.0, 9.0)], "b": [(1.0, 8.0), (2.0, 0.3)]}


def test_each_fold_selects_by_its_own_in_sample_value() -> None:
    found = walk_forward(rows_of(FOLDS), "sharpe", Mode.MAX)
    assert found is not None
    assert [(step.fold, step.config_id, step.oos) for step in found.steps] == [
        (0, "a", 0.1),
        (1, "b", 0.3),
    ]
    assert found.value == 0.2


def test_what_is_minimised_is_selected_by_the_least() -> None:
    found = walk_forward(rows_of(FOLDS), "sharpe", Mode.MIN)
    assert found is not None
    assert [step.config_id for step in found.steps] == ["b", "a"]


def test_a_configuration_with_a_failed_fold_is_not_selected() -> None:
    found = walk_forward(rows_of({**FOLDS, "c": [(9.0, 9.0), (None, 9.0)]}), "sharpe", Mode.MAX)
    assert found is not None
    assert "c" not in {step.config_id for step in found.steps}


def test_a_configuration_that_lacks_a_fold_is_not_selected() -> None:
    found = walk_forward(rows_of({**FOLDS, "c": [(9.0, 9.0)]}), "sharpe", Mode.MAX)
    assert found is not None
    assert "c" not in {step.config_id for step in found.steps}


def test_ties_go_to_the_first_id() -> None:
    same = [(1.0, 0.5), (1.0, 0.5)]
    found = walk_forward(rows_of({"b": same, "a": same}), "sharpe", Mode.MAX)
    assert found is not None
    assert {step.config_id for step in found.steps} == {"a"}


def test_one_fold_or_none_is_no_walk() -> None:
    single = rows_of({"a": [(2.0, 0.1)]})
    assert walk_forward(single, "sharpe", Mode.MAX) is None
    assert walk_forward([row("a"), row("b")], "sharpe", Mode.MAX) is None


def test_a_sweep_without_values_out_of_sample_is_none() -> None:
    rows = [row("a", fold=fold, metrics={"is": {"sharpe": 1.0}}) for fold in range(2)]
    assert walk_forward(rows, "sharpe", Mode.MAX) is None


def test_a_configuration_of_which_one_seed_failed_is_not_selected() -> None:
    rows = rows_of({**FOLDS, "c": [(9.0, 9.0), (9.0, 9.0)]})
    rows.append(row("c", None, 9.0, fold=1, seed=2))
    found = walk_forward(rows, "sharpe", Mode.MAX)
    assert found is not None
    assert "c" not in {step.config_id for step in found.steps}
