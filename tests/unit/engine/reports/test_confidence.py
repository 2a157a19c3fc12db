from __future__ import annotations

from typing import Any

import pytest

from engine.findings import NullRecord, Reason, SuiteVerdict
from engine.reports.confidence import how_sure, sure_lines
from engine.reports.table import fit
from engine.stats import constants as c
from engine.values import Outcome
from tests.fakes.findings import row, suite_of, verdict_of
from tests.fakes.situations import situations

RECORD = NullRecord(alarms=1, comparisons=3200, at_most=0.00148, days=30)
PASSED: dict[str, Any] = {"outcome": Outcome.PASS, "change": 0.0, "low": -0.01, "high": 0.01}


def passed(**fields: Any) -> Any:
    return row(Reason.WITHIN_BUDGET, **{**PASSED, **fields})


def said(*suites: SuiteVerdict, laptop: bool = False) -> str:
    return fit((how_sure(verdict_of(*suites, laptop=laptop)),), 100_000, None)


def test_the_title_has_pairs_false_alarms_and_the_smallest_visible_change() -> None:
    suite = suite_of(passed(pairs=8), passed(pairs=36), null_record=RECORD)

    assert (
        "<summary>How sure: 8 to 36 pairs · false alarms: 1 of 3,200 null comparisons in 30 days "
        "(at most 0.15 %) · smallest visible change: ±2.1 %</summary>" in said(suite)
    )


def test_false_alarms_that_nobody_counted_are_said_to_be_unmeasured() -> None:
    assert "False alarms of this suite on this runner: not measured yet." in said(
        suite_of(passed())
    )


def test_several_suites_are_named_with_how_many_of_them_were_counted() -> None:
    suites = (suite_of(passed(), null_record=RECORD), suite_of(passed(), suite="io", run="c7-2"))

    assert (
        "How sure of <code>core</code>, <code>io</code>: 36 pairs · "
        "false alarms: measured for 1 of 2 suites" in said(*suites)
    )


def test_rows_that_were_screened_are_counted() -> None:
    screened = row(Reason.SCREENED, **{**PASSED, "pairs": None})

    assert "How sure: 36 pairs, 2 rows screened · " in said(suite_of(screened, screened, passed()))
    assert "- `core`: 1 row screened.\n" in said(suite_of(screened, method="screened"))


def test_the_looks_are_those_declared_and_a_rerun_goes_on() -> None:
    assert "Looks after 5, 8, 12, 18, 27 and 36 pairs (a re-run goes on to 40 and 60), at" in said(
        suite_of(passed())
    )
    assert "re-run" not in said(suite_of(passed()), laptop=True)


@pytest.mark.parametrize(
    "path, looks",
    [
        (c.path_of(60), "5, 8, 12, 18, 27, 40 and 60"),
        (c.path_of(60, continued=True), "5, 8, 12, 18, 27, 36, 40 and 60"),
        (c.path_of(5), "5"),
    ],
)
def test_the_looks_are_those_of_the_path_that_was_taken(path: c.Path, looks: str) -> None:
    shown = said(suite_of(passed(pairs=5), looks=path.looks))

    assert f"Looks after {looks} pairs, at levels" in shown


def test_the_smallest_visible_change_is_explained_once() -> None:
    assert said(suite_of(passed())).count("a change so large is found in 95 of 100 checks") == 1


def test_a_sweep_says_only_what_was_done() -> None:
    sweeps = {name: situations()[name] for name in ("median_drop", "seeds")}
    shown = {name: fit((how_sure(one),), 100_000, None) for name, one in sweeps.items()}

    assert "  - Its metric is compared exactly.\n" in shown["median_drop"]
    assert "  - Its metric is compared by pairs of seeds.\n" in shown["seeds"]
    assert "exactly" not in shown["seeds"]


@pytest.mark.parametrize("family, among", [(40, "all 40 comparisons"), (None, "all comparisons")])
def test_the_correction_for_many_rows_is_named_with_their_number(
    family: int | None, among: str
) -> None:
    shown = said(suite_of(passed(family=family)))

    assert f"A red row also holds among {among} of this check (Holm at 1 %" in shown
    assert "without correction" not in shown


@pytest.mark.parametrize(
    "fields, line",
    [
        ({"certified": True}, "Certified: spreads of this machine's former null sessions took"),
        ({}, "Machine not yet certified as of these pairs: their spread is known from them alone"),
        ({"second_runner": "b-2"}, "A second runner, `b-2`, measured the red rows, too."),
        ({}, "Ran on `bench-1` (AMD EPYC). One runner measured."),
        (
            {"uncontrolled": ("address randomisation was on", "stolen time was not seen")},
            "Not held still, or not seen: address randomisation was on; stolen time was not seen.",
        ),
        ({"caveats": ("busy",)}, "Caveats: busy."),
    ],
)
def test_what_weakens_or_bears_out_a_suite_is_said(fields: dict[str, Any], line: str) -> None:
    assert line in said(suite_of(passed(), **fields))


def test_a_suite_without_a_report_says_nothing_of_looks() -> None:
    lost = suite_of(row(Reason.INFRASTRUCTURE, Outcome.ERROR), method="", runner=None)

    assert [*sure_lines(verdict_of(lost), lost)] == ["- `core`: No report came back. Run `c7-1`."]
