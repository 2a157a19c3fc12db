from __future__ import annotations

from typing import Any

from engine.debts import DebtKind, Merged, contributors
from engine.high_water import HighWater
from engine.reports.high_water import high_water_lines
from tests.unit.engine.test_debts import debt

MERGED = Merged({"h12", "h14"}, [])
LOSSES = contributors([debt(12), debt(14, 0.02, kind=DebtKind.AT_THE_BUDGET)], MERGED)


def lines(**fields: Any) -> tuple[str, ...]:
    values: dict[str, Any] = {
        "baseline": "benchmarks/baselines/x.json",
        "commit": "a" * 40,
        "recorded": "2026-11-01T00:00:00+00:00",
        "age_days": 19,
        "commits": 4,
        "losses": LOSSES,
    }
    return high_water_lines(HighWater(**{**values, **fields}))


def test_the_base_is_said_to_be_the_baselines_origin_with_its_age_and_distance() -> None:
    assert lines()[0] == (
        "Base aaaaaaaaaa is the origin of the baseline `benchmarks/baselines/x.json`: recorded "
        "2026-11-01T00:00:00+00:00, 19 days old, 4 commits before this head."
    )


def test_one_of_a_thing_is_said_so_and_an_unknown_age_too() -> None:
    assert "1 day old, 1 commit before" in lines(age_days=1, commits=1)[0]
    assert "of unknown age" in lines(age_days=None)[0]


def test_the_contributors_are_named_with_their_intervals_and_what_they_come_to() -> None:
    assert lines()[1:] == (
        "`core` · `parse` (wall, on ffffffff): recorded losses come to +3.0 % (+2.3 to +3.7 %)",
        "- PR 14: +2.0 % (+1.5 to +2.5 %), at the budget",
        "- PR 12: +1.0 % (+0.5 to +1.5 %), real but small",
    )


def test_an_empty_ledger_is_told_from_no_ledger() -> None:
    assert lines(losses=())[1:] == ("The ledger holds no loss of what came in since.",)
    assert "No ledger" in lines(losses=None)[1]


def test_a_head_beside_the_origin_is_told() -> None:
    shown = lines(descends=False)
    assert "which lacks 4 commits of this head" in shown[0]
    assert "does not descend from the origin" in shown[1]


def test_another_budget_at_the_origin_is_told_by_suite() -> None:
    assert lines(other_budgets=("core", "wide"))[1] == (
        "Judged by today's budgets of the default branch; the origin's differ for `core`, `wide`."
    )


def test_what_git_could_not_count_is_not_nought() -> None:
    assert "an unknown number of commits" in lines(commits=None, losses=None)[0]


def test_a_files_name_cannot_bring_markup() -> None:
    assert "<img" not in lines(baseline="`<img src=x>`.json")[0]
