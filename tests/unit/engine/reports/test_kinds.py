"""What a verdict says beside its numbers depends on what was checked: each kind by itself."""

from __future__ import annotations

import re

import pytest

from engine.findings import VerdictKind
from engine.reports.comment import Links, render_comment
from engine.reports.next_steps import next_steps
from tests.fakes.conversation_situations import judged

FORGES: tuple[VerdictKind, ...] = ("pull_request", "merge_group", "push", "nightly", "promotion")


def steps_of(kind: VerdictKind) -> list[str]:
    number = 128 if kind in {"actions", "promotion"} else None
    found = next_steps(judged(kind=kind, number=number))
    return [] if found is None else list(found.lines)


@pytest.mark.parametrize(
    "kind, said",
    [
        ("pull_request", "Mend it and push: the check runs again by itself."),
        ("promotion", "Mend it and push: the check runs again by itself."),
        ("merge_group", "Mend it and push to its pull request, then queue that again."),
        ("push", "Mend it and push: the next commit is checked by itself."),
        ("nightly", "Mend it and push: the next night measures it again."),
        ("actions", "Mend it and push: the workflow runs again by itself."),
    ],
)
def test_each_kind_says_what_comes_of_a_push(kind: VerdictKind, said: str) -> None:
    assert steps_of(kind)[0] == f"- {said}"


@pytest.mark.parametrize("kind", ["merge_group", "push", "nightly", "actions", "laptop"])
def test_commands_are_named_only_where_somebody_reads_them(kind: VerdictKind) -> None:
    assert not re.search(r"/highwater|/promote", "\n".join(steps_of(kind)))


@pytest.mark.parametrize("kind", FORGES)
def test_what_a_bot_stored_can_be_replayed(kind: VerdictKind) -> None:
    assert "highwater replay c7" in render_comment(judged(kind=kind, number=128), Links())


@pytest.mark.parametrize("kind", ["actions", "laptop"])
def test_what_nobody_stored_is_not_said_to_be_replayed(kind: VerdictKind) -> None:
    said = render_comment(judged(kind=kind, number=None), Links())

    assert "replay" not in said
    assert "In doubt?" not in said


@pytest.mark.parametrize(
    "kind, base",
    [
        ("pull_request", "merge base `"),
        ("merge_group", "the queue's base `"),
        ("push", "before the push `"),
        ("nightly", "base `"),
    ],
)
def test_the_last_line_calls_the_base_what_it_is(kind: VerdictKind, base: str) -> None:
    assert f" · {base}" in render_comment(judged(kind=kind), Links()).splitlines()[-1]
