"""The issue about a drift: what drifted, by whose merges, and nothing that a name can break."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.debts import Debt, DebtKind, Loss
from engine.high_water import HighWater
from engine.ratchet import Course, Level
from engine.reports.drift import MAX_BODY, Drift, body, closed_body, marker, title
from engine.settling import Settlement, StepState
from engine.values import Better, Outcome

BASE, HEAD = "1a2b3c4d" * 5, "9f8e7d6c" * 5
KEY = "0123456789abcdef"


def course(case: str = "parse", change: float = 0.127, **fields: object) -> Course:
    values = {
        "metric": "wall",
        "fingerprint": "f" * 16,
        "level": Level.OVER,
        "low": change - 0.01,
        "high": change + 0.01,
        "limit": 0.03,
        **fields,
    }
    return Course(case=case, change=change, **values)  # type: ignore[arg-type]


def drift(*rows: Course, **fields: object) -> Drift:
    return Drift(suite="core", commit=BASE, head=HEAD, rows=rows or (course(),), **fields)  # type: ignore[arg-type]


def debts(count: int) -> Loss:
    found = tuple(
        Debt(
            suite="core",
            case="parse",
            metric="wall",
            fingerprint="f" * 16,
            pull_request=number,
            head=HEAD,
            kind=DebtKind.SMALL,
            change=0.01,
            low=0.006,
            high=0.014,
            better=Better.LOWER,
            recorded_utc="2026-11-20T12:00:00Z",
            run=f"c{number}-1",
        )
        for number in range(1, count + 1)
    )
    return Loss(
        suite="core",
        case="parse",
        metric="wall",
        fingerprint="f" * 16,
        debts=found,
        change=1.01**count - 1,
        low=0.1,
        high=0.2,
    )


def mark(count: int) -> HighWater:
    return HighWater(
        baseline="benchmarks/baselines/x.json",
        commit=BASE,
        recorded="2026-11-01",
        age_days=19,
        commits=count,
        losses=(debts(count),),
    )


def test_the_title_names_the_worst_row_with_its_interval_and_counts_the_others() -> None:
    shown = title(drift(course(), course("price", 0.05)))

    assert shown == (
        "Drift in core: parse (wall) +12.7 % (+11.7 to +13.7 %) "
        "since the baseline of 1a2b3c4d1a, and 1 more"
    )


def test_every_row_stands_in_the_table_with_its_budget_and_hardware() -> None:
    shown = body(drift(course(), course("price", 0.05, limit=None)), KEY)

    assert "| `parse` (wall) | +12.7 % (+11.7 to +13.7 %) | 3 % | ffffffff |" in shown
    assert "| `price` (wall) | +5.0 % (+4.0 to +6.0 %) | \N{EN DASH} | ffffffff |" in shown


def test_a_sweeps_change_is_no_percentage() -> None:
    row = course("core", -0.2, metric="sharpe", low=-0.2, high=-0.2, limit=0.15)
    shown = drift(row, exact=True)

    assert title(shown).startswith("Drift in core: sharpe \N{MINUS SIGN}0.2 since")
    assert "| sharpe | \N{MINUS SIGN}0.2 | 0.15 | ffffffff |" in body(shown, KEY)


def test_the_contributors_are_named_one_by_one() -> None:
    shown = body(drift(mark=mark(12)), KEY)

    assert shown.count("- PR ") == 12
    assert "12 commits before this head" in shown


def test_confirmed_steps_are_named_with_their_commits() -> None:
    step = Settlement(
        suite="core",
        case="parse",
        metric="wall",
        fingerprint="f" * 16,
        before=BASE,
        after=HEAD,
        state=StepState.CONFIRMED,
        outcome=Outcome.REGRESSION,
        change=0.05,
        low=0.04,
        high=0.06,
        settled_utc="2026-11-20T12:00:00Z",
        run="settle-1",
    )

    shown = body(drift(steps=(step,)), KEY)

    assert "`1a2b3c4d1a` and `9f8e7d6c9f`: +5.0 % (+4.0 to +6.0 %)" in shown


def test_a_body_is_cut_to_what_an_issue_holds_and_keeps_its_mark() -> None:
    rows = tuple(course(f"case_{number:04}") for number in range(2_000))

    shown = body(drift(*rows, mark=mark(2_000)), KEY)

    assert len(shown) <= MAX_BODY
    assert shown.startswith(marker(KEY))
    assert "What ends this" in shown


def test_the_end_says_why() -> None:
    assert "within its ratchet budget again" in closed_body(
        KEY, "core", BASE, head=HEAD, accepted=False
    )
    assert "another one is accepted" in closed_body(KEY, "core", BASE, head=HEAD, accepted=True)


@given(st.text(min_size=1))
def test_no_name_brings_a_mention_a_link_or_another_mark(name: str) -> None:
    row = course(name, metric=name)
    shown = body(drift(row), KEY)

    assert shown.count("<!--") == 1
    assert "\n" not in title(drift(row))
    cells = [line for line in shown.splitlines() if line.startswith("| ")]
    assert all(line.count("|") == 5 for line in cells)


def test_a_mention_in_a_name_notifies_nobody() -> None:
    shown = body(drift(course("@everyone", metric="@all")), KEY)

    assert "`@everyone`" in shown
    assert " (@all)" not in shown


def test_the_command_that_accepts_the_level_names_the_suite() -> None:
    assert '`/promote-baseline suite=core reason="…"`' in body(drift(), KEY)
