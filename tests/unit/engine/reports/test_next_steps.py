from __future__ import annotations

import re

import msgspec
import pytest

from engine.findings import Verdict
from engine.reports.comment import Links, render_comment
from engine.reports.next_steps import check_command, next_steps
from tests.fakes.situations import situations

NAMES = sorted(situations())
SILENT = {name for name in NAMES if situations()[name].outcome in {"pass", "improvement"}}
ESCAPED = {"hostile"}  # its suite's name makes the command no plain text


def on_a_laptop(name: str) -> Verdict:
    return msgspec.structs.replace(situations()[name], pull_request=None)


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


@pytest.mark.parametrize("pairs,offered", [(12, True), (60, False)])
def test_a_rerun_is_offered_while_it_would_add_pairs(pairs: int, offered: bool) -> None:
    verdict = situations()["cannot_tell"]
    suites = tuple(
        msgspec.structs.replace(
            suite,
            findings=tuple(msgspec.structs.replace(one, pairs=pairs) for one in suite.findings),
        )
        for suite in verdict.suites
    )

    steps = next_steps(msgspec.structs.replace(verdict, suites=suites))

    assert steps is not None
    assert any("adds 12 pairs" in line for line in steps.lines) is offered
