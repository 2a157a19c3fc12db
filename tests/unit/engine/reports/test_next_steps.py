from __future__ import annotations

import re
from typing import Any

import msgspec
import pytest

from engine.findings import BesideLine, Finding, Reason, Verdict
from engine.reports.commands import check_command
from engine.reports.comment import Links, render_comment
from engine.reports.next_steps import next_steps
from engine.reports.undecided import cannot_tell
from engine.values import Outcome, SuiteKind
from tests.fakes.findings import row, suite_of, verdict_of
from tests.fakes.situations import situations

NAMES = sorted(situations())
SILENT = {name for name in NAMES if situations()[name].outcome in {"pass", "improvement"}}
ESCAPED = {"hostile"}  # its suite's name makes the command no plain text


def on_a_laptop(name: str) -> Verdict:
    return msgspec.structs.replace(situations()[name], pull_request=None, kind="laptop")


@pytest.mark.parametrize("name", NAMES)
def test_a_laptops_report_promises_nothing_that_only_a_pull_request_has(name: str) -> None:
    said = render_comment(on_a_laptop(name), Links())

    assert not re.search(r"replay|\bpush\b|Re-run|pull request", said)


@pytest.mark.parametrize("name", sorted(set(NAMES) - SILENT - ESCAPED - {"broken_configuration"}))
def test_on_a_laptop_the_next_check_starts_from_the_target_with_what_is_there(name: str) -> None:
    steps = next_steps(on_a_laptop(name))

    assert steps is not None
    commands = [line for line in steps.lines if "highwater check --base 5e6f7a8b5e --suite" in line]
    assert len(commands) == 1
    assert "--head" not in commands[0]


@pytest.mark.parametrize("name", sorted(SILENT))
def test_where_nothing_is_to_be_done_nothing_is_said(name: str) -> None:
    assert next_steps(on_a_laptop(name)) is None


@pytest.mark.parametrize("name", ["regression", "candidate_failed"])
def test_a_pull_requests_author_is_told_to_push(name: str) -> None:
    steps = next_steps(situations()[name])

    assert steps is not None
    assert steps.lines[0] == "- Mend it and push: the check runs again by itself."


def test_a_pull_requests_command_names_both_commits() -> None:
    verdict = situations()["regression"]

    command = check_command(verdict, verdict.suites[:1])
    assert command == "highwater check --base 9f8e7d6c9f --head 1a2b3c4d1a --suite ci_smoke"


@pytest.mark.parametrize("pairs, offered", [(12, True), (60, False)])
def test_a_rerun_is_offered_while_it_would_add_pairs(pairs: int, offered: bool) -> None:
    assert ("- `/highwater more " in steps_of(row(Reason.CANNOT_TELL, pairs=pairs))) is offered


def steps_of(*findings: Finding) -> str:
    steps = next_steps(verdict_of(suite_of(*findings)))
    return "\n".join(steps.lines) if steps else ""


def test_a_rerun_goes_on_and_decides_nothing_twice() -> None:
    assert (
        "- `/highwater more core` goes on with its 1 undecided row, up to 60 pairs; "
        "what is decided stays decided."
    ) in steps_of(row(Reason.CANNOT_TELL))


def test_of_several_undecided_rows_each_gets_its_pairs() -> None:
    said = steps_of(row(Reason.CANNOT_TELL), row(Reason.CANNOT_TELL, case="other"))
    assert "its 2 undecided rows, up to 60 pairs each;" in said


BESIDE = BesideLine(name="baseline", metric="sharpe", passed=True)


@pytest.mark.parametrize(
    "kind, beside, offer",
    [
        (SuiteKind.BENCHMARK, (), "A maintainer makes it the baseline"),
        (SuiteKind.SWEEP, (BESIDE,), "A maintainer makes it the baseline"),
        (SuiteKind.SWEEP, (), "`core` names no `baseline` in `.highwater.yml`"),
    ],
)
def test_a_better_level_is_offered_as_the_baseline_where_it_has_a_file(
    kind: SuiteKind, beside: tuple[BesideLine, ...], offer: str
) -> None:
    better = row(Reason.BETTER, Outcome.IMPROVEMENT)
    steps = next_steps(verdict_of(suite_of(better, kind=kind, beside=beside)))

    assert steps is not None
    assert [f"- Worth keeping? {offer}" in line for line in steps.lines] == [True]


@pytest.mark.parametrize(
    "reason",
    [Reason.UNSTEADY, Reason.QUARANTINED, Reason.HOSTS_DISAGREE, Reason.RESULT_CHANGED],
)
def test_a_rerun_is_not_offered_for_what_pairs_do_not_settle(reason: Reason) -> None:
    assert "/highwater more" not in steps_of(row(reason, pairs=12))


def test_doubt_of_a_red_row_is_sent_to_the_samples_and_not_to_a_rerun() -> None:
    said = steps_of(row(Reason.OVER_BUDGET, Outcome.REGRESSION))

    assert "A decided row stays decided: no re-run fishes for another colour." in said
    assert "/highwater more" not in said


def undecided(finding: Finding, *, laptop: bool = False, **suite: Any) -> str:
    rows = cannot_tell(verdict_of(suite_of(finding, **suite), laptop=laptop))
    assert rows is not None
    return rows.lines[0]


def test_an_undecided_row_has_pairs_price_command_and_visible_change() -> None:
    assert undecided(row(Reason.CANNOT_TELL, further_pairs=24)) == (
        "- `decay` CPU time, after 36 pairs: about 24 more pairs (up to about 2 min) would settle "
        "it: `/highwater more core`. Changes show from ±2.1 % on."
    )


def test_on_a_laptop_an_undecided_row_names_the_laptops_command() -> None:
    said = undecided(row(Reason.CANNOT_TELL, further_pairs=24), laptop=True, pair_s=None)

    assert (
        "about 24 more pairs would settle it: `highwater check --base 5e6f7a8b5e --suite core`."
    ) in said


@pytest.mark.parametrize("further_pairs, offered", [(24, True), (122, False), (None, False)])
def test_a_longer_path_is_offered_where_it_would_do(
    further_pairs: int | None, offered: bool
) -> None:
    finding = row(Reason.CANNOT_TELL, further_pairs=further_pairs)
    steps = next_steps(verdict_of(suite_of(finding), laptop=True))

    assert steps is not None
    assert ("set `measure: {max_pairs: 60}`" in "\n".join(steps.lines)) is offered


def test_a_busy_machine_is_named_first() -> None:
    busy = ("their priority was not raised", "some task waited for a CPU for 51 % of the time")
    rows = cannot_tell(verdict_of(suite_of(row(Reason.CANNOT_TELL), uncontrolled=busy)))

    assert rows is not None
    assert rows.before.endswith(
        "The machine was busy: some task waited for a CPU for 51 % of the time."
    )


RED = row(Reason.OVER_BUDGET, Outcome.REGRESSION)


def asked(*arguments: str) -> Verdict:
    return msgspec.structs.replace(verdict_of(suite_of(RED), laptop=True), asked=arguments)


@pytest.mark.parametrize(
    "arguments, command",
    [
        (("--base", "main", "--head", "slow"), "check --base main --head slow --suite core"),
        (("--base", "main"), "check --base main --suite core"),
        (("--base", "b c/x.json"), "check --base 'b c/x.json' --suite core"),
    ],
)
def test_a_laptops_command_names_what_was_asked_for(
    arguments: tuple[str, ...], command: str
) -> None:
    steps = next_steps(asked(*arguments))

    assert steps is not None
    assert steps.lines[0].endswith(f"`highwater {command}`")


def test_the_high_water_mark_is_set_anew_and_not_the_budget() -> None:
    verdict = asked("--base", "baseline.json")
    steps = next_steps(verdict)

    assert steps is not None
    assert "record the baseline anew" in steps.lines[-1]
    assert "Budgets are read" not in "\n".join(steps.lines)
    assert "the baseline's commit `9f8e7d6c9f`" in render_comment(verdict, Links())


def test_more_pairs_than_a_row_is_given_are_not_promised() -> None:
    assert (
        "it would take about 2,447 more pairs (up to about 123 min); a row gets 60 at most. "
        "Measure on a quieter machine, make the case run longer, or widen the budget."
    ) in undecided(row(Reason.CANNOT_TELL, further_pairs=2447))


@pytest.mark.parametrize(
    "reason, said",
    [
        (Reason.NOISY, "measure again once the machine is as quiet as in its earlier sessions"),
        (Reason.UNSTEADY, "the case has to reach a steady state"),
        (Reason.STOLEN, "measure again when the machine's hypervisor leaves it its CPUs."),
        (Reason.QUARANTINED, "another runner settles it"),
        (Reason.HOSTS_DISAGREE, "find out what differs between the two machines"),
        (Reason.RESULT_CHANGED, "look at what head computes"),
        (Reason.FAMILY, "about 4 more pairs"),
        (Reason.HALVES_DIFFER, "about 4 more pairs"),
    ],
)
def test_each_doubt_names_what_settles_it(reason: Reason, said: str) -> None:
    assert said in undecided(row(reason, further_pairs=4))


@pytest.mark.parametrize("name", ["look_ahead", "median_drop"])
def test_exact_numbers_are_not_to_be_measured_again(name: str) -> None:
    steps = next_steps(on_a_laptop(name))

    assert steps is not None
    assert any(line.startswith("- Fix it and check again: ") for line in steps.lines)
    assert "doubt" not in " ".join(steps.lines)


@pytest.mark.parametrize("name", ["regression", "overhead"])
def test_samples_may_be_doubted(name: str) -> None:
    steps = next_steps(on_a_laptop(name))

    assert steps is not None
    assert "Fix it, or measure again if you doubt it" in " ".join(steps.lines)


def test_a_pair_of_seeds_is_a_sample() -> None:
    drop = row(Reason.METRIC_DROP, Outcome.REGRESSION, seeds=24)
    steps = next_steps(verdict_of(suite_of(drop, kind=SuiteKind.SWEEP), laptop=True))

    assert steps is not None
    assert "if you doubt it" in " ".join(steps.lines)


@pytest.mark.parametrize("pull_request", [None, 7])
def test_an_overheads_budget_is_said_to_be_absolute(pull_request: int | None) -> None:
    verdict = msgspec.structs.replace(situations()["overhead"], pull_request=pull_request)
    steps = next_steps(verdict)

    assert steps is not None
    said = " ".join(steps.lines)
    assert "The budget of `stops` is absolute: both sides are head's own code" in said
    assert "`highwater overhead backtests/breakout.yaml`" in said


def test_a_taken_out_case_offers_a_comments_command_where_comments_are_read_alone() -> None:
    gone = row(Reason.NOT_MEASURED, Outcome.NO_VERDICT, detail="c3")
    asked = verdict_of(suite_of(gone))
    queued = msgspec.structs.replace(asked, pull_request=None, kind="merge_group")
    actions = msgspec.structs.replace(asked, kind="actions")

    said = [
        "\n".join(found.lines) for one in (asked, queued, actions) if (found := next_steps(one))
    ]

    assert "after it, `/highwater rerun`." in said[0]
    assert "after it, *Re-run* the check." in said[1]
    assert "highwater null" not in said[2]
