from __future__ import annotations

from typing import Any

import pytest

from engine.findings import Finding, Reason
from engine.reports import figures
from engine.reports.figures import MINUS
from engine.values import Outcome


def finding(**fields: Any) -> Finding:
    values: dict[str, Any] = {"outcome": Outcome.PASS, "reason": Reason.WITHIN_BUDGET, **fields}
    return Finding(case="a", metric="wall", **values)


@pytest.mark.parametrize(
    "base, head, unit, text",
    [
        (0.0104, 0.0149, "s", "10.4 → 14.9 ms"),
        (0.010, 0.01001, "s", "10.00 → 10.01 ms"),
        (0.0009, 0.0011, "s", "0.90 → 1.10 ms"),
        (2048.0, 4096.0, "B", "2.00 → 4.00 KiB"),
        (1.52, 1.31, "", "1.52 → 1.31"),
        (1.0, 1.0, "", "1.00 → 1.00"),
        (1.0, 0.75, "", "1.00 → 0.75"),
        (0.0, 0.0, "s", "0 → 0 s"),
        (-1.5, 1.5, "", f"{MINUS}1.50 → 1.50"),
        (12345.0, 23456.0, "trades", "12,345 → 23,456 trades"),
        (1.0, 1.0 + 1e-12, "", "1.000000000000 → 1.000000000001"),
        (1e-9, 2e-9, "", "1e−09 → 2e−09".replace("−", MINUS)),  # noqa: RUF001 - replaced
        (1.0, 2.0, "<b>|", "1.00 → 2.00 <code>&#60;b&#62;&#124;</code>"),
    ],
)
def test_both_levels_are_written_in_one_unit_and_told_apart(
    base: float, head: float, unit: str, text: str
) -> None:
    assert figures.from_to(finding(base=base, head=head, unit=unit)) == text


@pytest.mark.parametrize(
    "change, low, high, text",
    [
        (0.432, 0.401, 0.465, "+43.2 % (+40.1 to +46.5 %)"),
        (-0.061, -0.070, -0.052, "-6.1 % (-7.0 to -5.2 %)"),
        (0.0001, -0.0001, 0.0003, "+0.010 % (-0.010 to +0.030 %)"),
        (0.0, 0.0, 0.0, "0.0 % (0.0 to 0.0 %)"),
        (0.50, 0.35, 0.65, "+50.0 % (+35.0 to +65.0 %)"),
        (1e300, 1e299, 1e301, "+1e+302 % (+1e+301 to +1e+303 %)"),
    ],
)
def test_a_change_carries_its_interval(change: float, low: float, high: float, text: str) -> None:
    shown = figures.change_with_interval(finding(change=change, low=low, high=high))

    assert shown.replace(MINUS, "-") == text


def test_a_change_without_interval_shows_no_percentage() -> None:
    assert "%" not in figures.change_with_interval(finding(change=0.4))


def test_no_level_shows_no_number() -> None:
    assert figures.from_to(finding(base=1.0)) == figures.ABSENT


@pytest.mark.parametrize("change, text", [(0.21, "+0.21"), (-0.21, f"{MINUS}0.21"), (0.0, "0")])
def test_an_exact_difference_has_its_sign(change: float, text: str) -> None:
    assert figures.difference(finding(change=change)) == text


@pytest.mark.parametrize(
    "value, text",
    [(999.7, "1,000"), (99.97, "100"), (0.9996, "1"), (1234.5, "1,234"), (0.5, "0.5")],
)
def test_a_number_is_rounded_before_its_digits_are_counted(value: float, text: str) -> None:
    assert figures.number(value, 3) == text


def test_a_level_is_told_apart_from_its_bound() -> None:
    over = finding(base=50.0, head=60.004, unit="s", bound=60.0)

    assert (figures.from_to(over), figures.written(60.0, "s")) == ("50.000 → 60.004 s", "60 s")


def test_a_bound_far_away_takes_no_digit_from_the_levels() -> None:
    assert figures.from_to(finding(base=0.0275, head=0.0331, unit="s", bound=60.0)) == (
        "27.5 → 33.1 ms"
    )


def test_a_difference_is_told_apart_from_what_is_allowed() -> None:
    assert figures.difference(finding(change=-0.0500011, limit=0.05)) == f"{MINUS}0.050001"


def test_a_difference_that_is_what_is_allowed_says_so() -> None:
    assert figures.difference(finding(change=-0.05, limit=0.05)) == f"{MINUS}0.05"


@pytest.mark.parametrize(
    "low, high, text",
    [
        (0.100004, 0.12, "+11.0000 % (+10.0004 to +12.0000 %)"),
        (0.02, 0.099996, "+11.0000 % (+2.0000 to +9.9996 %)"),
        (0.00004, 0.12, "+11.000 % (+0.004 to +12.000 %)"),
    ],
)
def test_the_intervals_ends_are_told_apart_from_the_budget_and_from_nothing(
    low: float, high: float, text: str
) -> None:
    assert figures.change_with_interval(finding(change=0.11, low=low, high=high, limit=0.1)) == text


def test_a_sweeps_change_is_never_called_exact() -> None:
    assert figures.changed(finding(change=0.25)) == "+0.25, one sweep a side"
