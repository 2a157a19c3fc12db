from __future__ import annotations

import dataclasses

import msgspec
import pytest

from engine.findings import Reason
from engine.promotion.changes import Change
from engine.promotion.files import Candidate, Origin, candidate_files, candidate_path
from engine.promotion.refusals import Refusal, Refused
from engine.promotion.standing import Standing, Waits
from engine.reports.check import MAX_TITLE
from engine.reports.figures import ABSENT, ARROW
from engine.reports.promotion import (
    evidence_title,
    measuring,
    opened,
    refused,
    standing_text,
)
from engine.reports.proposal import MAX_BODY, Promotion, ProposalText, proposal
from tests.fakes.evidence import HEAD
from tests.fakes.evidence_runs import benchmark_run, sweep_run

LINKS = {"c1": "https://bot/verdicts/c1.json"}
RUNS = [benchmark_run(number) for number in (1, 2, 3)]
HOSTILE = "@everyone closes #1 <b>x</b> [l](http://e.org)\n\n# Head | `a`"


def files(**effects: float) -> tuple[Candidate, ...]:
    found = [benchmark_run(number, effects=effects) for number in (1, 2, 3)] if effects else RUNS
    suite = found[0].order.suite
    path = candidate_path("core", suite, found)
    return candidate_files(suite, found, Origin(commit=HEAD), {path: None})


def text(reason: str = "the new parser", **effects: float) -> ProposalText:
    return proposal(asked(reason), files(**effects), RUNS, LINKS)


def asked(reason: str = "the new parser") -> Promotion:
    return Promotion(
        suite="core",
        tags=("linux", "x86_64"),
        branch="highwater/baseline/core-linux+x86_64",
        base_ref="main",
        head=HEAD,
        requested_by="ada",
        reason=reason,
        source=7,
    )


def test_the_body_has_every_number_its_evidence_the_reason_undoing_and_the_day() -> None:
    body = text().body

    assert "**Merge after #7.**" in body
    assert f"| `a` | mean | {ABSENT} {ARROW} " in body
    assert body.count("| `a` |") + body.count("| `b` |") == 12
    assert "[`c1-1`](https://bot/verdicts/c1.json)" in body
    for run in RUNS:
        assert f"| {run.order.seed} | 12 |" in body
    assert "**Why:** the new parser" in body
    assert "**To undo:** revert the merge commit" in body
    assert "**Expires on 2027-05-19:**" in body


def test_what_is_merged_already_is_not_to_be_merged_after() -> None:
    merged = dataclasses.replace(asked(), is_merged=True)
    body = proposal(merged, files(), RUNS, LINKS).body

    assert "asked for on #7" in body
    assert "Merge after" not in body


def test_a_small_change_is_told_apart() -> None:
    change = Change(subject="a", number="mean", unit="s", before=0.0091601, after=0.0091604)
    small = [msgspec.structs.replace(one, changes=(change,)) for one in files()]

    assert "| 9.1601 → 9.1604 ms |" in proposal(asked(), small, RUNS, {}).body


def test_the_commit_says_why_and_of_what() -> None:
    message = text().message

    assert message.startswith("Promote the baseline of core (linux+x86_64)\n\nthe new parser\n")
    assert f"Measured: {HEAD}" in message
    assert "Runs: c1-1, c2-1, c3-1" in message


def test_the_same_promotion_is_the_same_text() -> None:
    assert text() == text()


def test_a_hostile_reason_stays_one_line_of_text() -> None:
    found = text(HOSTILE)

    for live in ("@everyone", "#1 ", "<b>", "](http://e", "\n# Head"):
        assert live not in found.body
    assert "\n# Head" not in found.message


@pytest.mark.parametrize(
    "closing", ["closes #1", "fixes o/r#1", "resolves GH-1", "fixes http://h/o/r/issues/1"]
)
def test_a_reason_closes_no_issue_when_its_commit_is_merged(closing: str) -> None:
    message = text(closing).message

    assert closing not in message
    assert closing.replace("\u200b", "") in message.replace("\u200b", "")


def test_a_large_promotion_is_cut_by_whole_rows() -> None:
    body = text("why", **{f"case_{number:04d}": 0.9 for number in range(400)}).body

    assert len(body) <= MAX_BODY
    assert "more numbers in the files of this pull request" in body
    assert "**To undo:**" in body
    assert all(line.endswith("|") for line in body.splitlines() if line.startswith("| "))


def test_of_a_sweep_its_points_are_counted_and_its_baseline_is_named() -> None:
    runs = [sweep_run(number) for number in (1, 2, 3)]
    suite = msgspec.structs.replace(
        runs[0].order.suite, baseline={"prod": "p.json", "dev": "d.json"}
    )
    files = candidate_files(suite, runs, Origin(commit=HEAD), {"d.json": None})

    found = proposal(dataclasses.replace(asked(), scenario="dev"), files, runs, LINKS)

    assert found.title == "Promote the baseline dev of core (linux+x86_64)"
    assert "| points of head |" in found.body
    assert "measured 2 points of head" in evidence_title(runs[0]).summary


def test_the_answer_says_how_many_runs_are_missing_and_how_long_they_take() -> None:
    assert "2 more runs to measure, one after the other: about 8 min" in measuring(
        "core", ("linux",), 2, 8
    )
    assert "about 8 min, once 2 runs before them" in measuring("core", ("linux",), 2, 8, 2)
    assert "not known yet" in measuring("core", ("linux",), 3, None)


def test_the_proposal_is_announced_by_its_number() -> None:
    said = opened("core", ("linux",), 9, needs_second_person=True)

    assert "#9" in said
    assert "Somebody other" in said


@pytest.mark.parametrize("why", list(Refused))
def test_every_refusal_is_one_harmless_line(why: Refused) -> None:
    said = refused("core", ("linux",), [Refusal(why=why, detail="@a `b` {0} <i>")])

    (line,) = [one for one in said.splitlines() if one.startswith("- ")]
    assert len(line) > 20
    assert "@a" not in line.replace("`@a", "")
    assert "<i>" not in line.replace("<code>", "")


@pytest.mark.parametrize("waits", list(Waits))
def test_every_standing_has_a_title_that_fits(waits: Waits) -> None:
    found = standing_text(Standing(waits=waits, approved_by=("grace",)), 12345)

    assert 0 < len(found.title) <= MAX_TITLE
    assert "{" not in found.title + found.summary
    assert "`grace`" in found.summary


def test_merge_after_is_said_in_the_words_of_the_contract() -> None:
    found = standing_text(Standing(waits=Waits.SOURCE_OPEN), 7)

    assert found.title.lower() == "merge after #7"


def test_what_to_ask_again_is_a_command_of_that_suite_that_takes_a_reason_of_words() -> None:
    said = refused("core", ("linux",), [Refusal(why=Refused.MOVED_ON, detail="1a2b")])
    standing = standing_text(Standing(waits=Waits.FOREIGN_COMMIT), 7)

    assert '`/promote-baseline suite=core reason="…"`' in said
    assert '`/promote-baseline reason="…"`' in standing.summary


def test_a_refusal_names_what_is_wrong_once() -> None:
    one = Refusal(why=Refused.LOOK_AHEAD, detail="c7-1", reason=Reason.LOOK_AHEAD)

    assert "A strategy looks ahead (run `c7-1`): " in refused("core", ("linux",), [one])


def test_a_refusal_of_input_keeps_the_commands_that_it_names_readable() -> None:
    one = Refusal(why=Refused.INPUT, detail="name one: `suite=NAME`, @all")

    assert "- name one: `suite=NAME`, &#64;&#8203;all" in refused("core", ("linux",), [one])
