"""The page on the statistics of sweeps: its numbers are the program's."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.stats import constants as c
from engine.stats.order_statistics import limit_ranks
from engine.stats.proportions import at_most
from engine.stats.sharpe_bootstrap import BLOCK, NEAR_THE_LINE, RESAMPLES
from engine.sweep.kept_returns import MAX_BYTES
from engine.sweep.reproducibility import SAME
from engine.sweep.seeds import needed_pairs
from engine.sweep_quality import MIN_TESTABLE
from engine.sweep_verdicts import FAMILY

PAGE = "docs/explanation/sweep-statistics.md"


@pytest.fixture
def page(root: Path) -> str:
    return " ".join((root / PAGE).read_text().split())


def test_the_constants_that_the_page_names_are_the_programs(page: str) -> None:
    said = (
        f"more than {SAME:g}".replace("e-09", "e-9"),
        f"(p from {NEAR_THE_LINE[0]} to {NEAR_THE_LINE[1]:.2f})",
        f"{RESAMPLES:,} resamples",
        f"m ≥ {c.MIN_ALARM_PAIRS}",
        f"({c.UNSTORED_ALARM:f}".rstrip("0") + ")",
        f"({c.VISIBLE} s / budget)²",
        f"{MAX_BYTES // 2**20} MiB",
        f"Holm at {FAMILY:.0%}".replace("%", " %"),
    )

    assert [text for text in said if text not in page] == []
    assert (BLOCK, MIN_TESTABLE) == (5, 5)  # written as words


def test_the_numbers_of_seeds_that_the_page_names_are_those_it_takes(page: str) -> None:
    few, many = needed_pairs(0.05, 0.05), needed_pairs(0.2, 0.05)

    assert f"takes {few} seeds for a budget of 0.05, a spread of 0.2 takes {many}" in page


def test_the_ranks_that_the_page_names_are_the_limits(page: str) -> None:
    ranks = (limit_ranks(10)[0], limit_ranks(200)[0])

    assert f"of 10 runs the {ranks[0]}th smallest, of 200 the {ranks[1]}rd" in page
    assert (limit_ranks(28)[1], limit_ranks(29)[1]) == (None, 29)


def test_the_false_alarms_of_the_success_rate_are_as_the_page_says(page: str) -> None:
    plain = at_most(7, 10, 0.80)
    exact = max(at_most(k, 10, 0.80) for k in range(11) if at_most(k, 10, 0.75) <= FAMILY)

    assert f"fires in {100 * plain:.0f} of 100 sweeps" in page
    assert exact < 0.01
