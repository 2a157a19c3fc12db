from __future__ import annotations

from typing import Any

import msgspec
import pytest

from engine.findings import Reason, Verdict
from engine.overrides import Override
from engine.reports.annotations import annotation_requests
from engine.reports.check import render_rollup, render_suite_check
from engine.reports.comment import Links, needs_comment, render_comment
from engine.reports.headline import heading
from engine.reports.lead import lead
from engine.reports.overridden import overridden, people
from engine.values import Outcome
from engine.verdicts import judge_check
from tests.fakes.conversation_situations import ACCEPTED, MUTED, judged
from tests.fakes.evidence import facts
from tests.fakes.findings import row, suite_of


def accepts(case: str, by: str = "ann", **fields: Any) -> Override:
    one = msgspec.structs.replace(ACCEPTED, case=case, by=by)
    return msgspec.structs.replace(one, **fields)


def test_an_accepted_loss_is_green_and_says_by_whom() -> None:
    verdict = judged(overrides=(ACCEPTED,))

    assert heading(verdict) == "## ✅ `decay_10k` is slower, accepted by `ann`"
    assert render_rollup(verdict).title == "decay_10k is slower, accepted by ann"


def test_its_numbers_and_the_reason_come_second() -> None:
    said = lead(judged(overrides=(ACCEPTED,)))

    assert said.startswith("`decay_10k` takes 42.9 % longer (99 % interval +41.1 to +44.7 %; ")
    assert said.endswith("Accepted by `ann`: exact rounding costs this, see the design note.")


def test_a_mute_says_until_when_and_nobodys_name_in_the_first_line() -> None:
    verdict = judged(overrides=(MUTED,))

    assert heading(verdict) == "## ✅ `decay_10k` is slower, muted"
    assert "Muted until 2026-12-01 by `bob`: the disk" in lead(verdict)


@pytest.mark.parametrize("override", [ACCEPTED, MUTED])
def test_what_is_overridden_stays_visible_in_a_fold_of_its_own(override: Override) -> None:
    comment = render_comment(judged(overrides=(override,)), Links())

    done = "accepted" if override.kind == "accept" else "muted"
    fold = comment.partition(f"<details><summary>1 {done}</summary>")[2]
    assert fold.startswith("\n\n- `decay_10k` time: +42.9 % (+41.1 to +44.7 %), over the budget")
    assert override.reason in fold


def test_an_overridden_row_is_something_to_say() -> None:
    assert needs_comment(judged(overrides=(MUTED,)), "on_change")


def test_no_line_is_blamed_for_what_was_accepted() -> None:
    (suite,) = judged(overrides=(ACCEPTED,)).suites

    assert annotation_requests(suite) == ()


def two_red(*overrides: Override) -> Verdict:
    rows = [row(Reason.OVER_BUDGET, Outcome.REGRESSION, case=case) for case in ("a", "b")]
    return judge_check(facts(), (suite_of(*rows),), overrides=overrides)


def test_two_accepted_rows_are_counted_and_both_people_named() -> None:
    measured: dict[str, Any] = {"metric": "cpu", "change": 0.04, "low": 0.02, "high": 0.06}
    verdict = two_red(accepts("a", **measured), accepts("b", "bob", **measured))

    assert heading(verdict) == "## ✅ `a` is slower, 1 more, accepted by `ann` and `bob`"


def test_names_too_long_for_the_first_line_are_left_to_the_second() -> None:
    measured: dict[str, Any] = {"metric": "cpu", "change": 0.04, "low": 0.02, "high": 0.06}
    names = ["test_" + letter * 60 for letter in "ab"]
    rows = [row(Reason.OVER_BUDGET, Outcome.REGRESSION, case=name) for name in names]
    people_said = [accepts(name, "x" * 30, **measured) for name in names]

    verdict = judge_check(facts(), (suite_of(*rows),), overrides=people_said)

    assert heading(verdict) == f"## ✅ 2 regressions, accepted by `{'x' * 30}`"
    assert names[0] in lead(verdict)


def test_where_another_row_is_still_red_that_one_leads() -> None:
    measured: dict[str, Any] = {"metric": "cpu", "change": 0.04, "low": 0.02, "high": 0.06}
    verdict = two_red(accepts("a", **measured))

    assert heading(verdict) == "## ❌ Regression: `b` is slower"
    comment = render_comment(verdict, Links())
    assert "<summary>1 accepted</summary>" in comment
    assert "`/highwater accept core::b reason=" in comment
    assert comment.count("| ❌ |") == 1


def test_an_override_that_was_outgrown_says_so() -> None:
    verdict = judged(
        overrides=(msgspec.structs.replace(ACCEPTED, change=0.1, low=0.09, high=0.11),)
    )

    found = overridden(verdict)
    assert found is not None
    assert "worse now than when it was accepted, so it counts again." in found.lines[0]


def test_each_override_is_listed_once() -> None:
    found = overridden(judged(overrides=(ACCEPTED,)))

    assert found is not None
    assert len(found.lines) == 1


def test_a_suites_check_shows_the_overrides_of_that_suite_alone() -> None:
    suites = judged(overrides=(ACCEPTED,)).suites
    other = msgspec.structs.replace(MUTED, suite="slow", case="other_case")
    verdict = msgspec.structs.replace(judged(), overrides=(ACCEPTED, other))

    assert "other_case" not in render_suite_check(suites[0], verdict).text


@pytest.mark.parametrize(
    "names, said",
    [
        ((), ""),
        (("a",), "`a`"),
        (("a", "b", "c"), "`a`, `b` and `c`"),
        (("a", "b", "c", "d", "e"), "`a`, `b`, `c` and 2 more"),
    ],
)
def test_people_are_named_without_being_mentioned(names: tuple[str, ...], said: str) -> None:
    assert people(names) == said
