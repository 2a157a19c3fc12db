from __future__ import annotations

import pytest

from engine.errors import UserError
from engine.perf_budgets import parse_perf_budget
from engine.values import Mode
from tests.fakes.sweeps import D0_1_BUDGET, budget


def refusal(data: bytes) -> str:
    with pytest.raises(UserError) as caught:
        parse_perf_budget(data, "perf_budget.yaml")
    return str(caught.value)


def test_the_source_documents_file_is_read_verbatim() -> None:
    assert parse_perf_budget(D0_1_BUDGET, "perf_budget.yaml") == budget()


def test_epsilon_written_with_an_exponent_is_a_number() -> None:
    assert parse_perf_budget(D0_1_BUDGET, "b").epsilon_abs == 1e-6


def test_the_allowance_is_that_of_the_budgets_metric() -> None:
    data = b"metric: sortino\nmode: min\nmax_sortino_drop: 0.2\nmax_sharpe_drop: 0.1\n"
    found = parse_perf_budget(data, "b")
    assert (found.max_drop, found.mode) == (0.2, Mode.MIN)


def test_a_metric_of_several_words_has_its_own_key() -> None:
    data = b"metric: max_loss_drop\nmode: min\nmax_max_loss_drop_drop: 0.2\n"
    assert parse_perf_budget(data, "b").max_drop == 0.2


def test_a_missing_allowance_is_an_error_that_says_what_was_found() -> None:
    text = refusal(D0_1_BUDGET.replace(b"metric: sharpe", b"metric: sortino"))
    assert "max_sortino_drop: missing key `max_sortino_drop`" in text
    assert "found max_sharpe_drop" in text


@pytest.mark.parametrize(
    "old, new, expected",
    [
        (b"mode: max", b"mode: up", "perf_budget.yaml:2: mode: expected one of the choices"),
        (b"0.75", b"75", "perf_budget.yaml:3: min_success_rate: expected a number <= 1.0"),
        (b"60", b"-1", "perf_budget.yaml:4: max_p90_elapsed_s: expected a number >= 0.0"),
        (
            b"0.05",
            b"'0.05'",
            'perf_budget.yaml:5: max_sharpe_drop: expected a number, found "0.05"',
        ),
        (b"0.05", b"-0.05", "perf_budget.yaml:5: max_sharpe_drop: expected a number >= 0.0"),
        (b"0.05", b".nan", "perf_budget.yaml:5: max_sharpe_drop: expected a finite number"),
        (b"0.05", b"", "perf_budget.yaml:5: max_sharpe_drop: expected a number, found null"),
        (b"1e-6", b"1e999", "perf_budget.yaml:6: epsilon_abs: expected a finite number"),
        (b"epsilon_abs", b"epsilon", "perf_budget.yaml:6: epsilon: unknown key `epsilon`."),
        (
            b"epsilon_abs: 1e-6",
            b"mode: max",
            "perf_budget.yaml:6: mode: the key `mode` is written twice",
        ),
    ],
)
def test_a_broken_budget_names_line_field_and_finding(
    old: bytes, new: bytes, expected: str
) -> None:
    assert expected in refusal(D0_1_BUDGET.replace(old, new))


def test_an_unknown_key_is_answered_with_the_one_that_was_meant() -> None:
    text = refusal(D0_1_BUDGET.replace(b"epsilon_abs", b"epsilon_ab"))
    assert "Did you mean epsilon_abs?" in text
    assert "max_<metric>_drop" in text


@pytest.mark.parametrize("key", ["metric", "mode"])
def test_a_missing_key_is_an_error(key: str) -> None:
    lines = [line for line in D0_1_BUDGET.splitlines() if not line.startswith(key.encode())]
    assert f"{key}: missing key `{key}`" in refusal(b"\n".join(lines))


@pytest.mark.parametrize("data", [b"", b"#\n", b"[]", b"3", b"{}"])
def test_what_is_no_budget_at_all_is_an_error(data: bytes) -> None:
    assert refusal(data)
