"""Who may cause what: a table, and nothing else decides.

What an outcome means on the forge is the other table, in ``bot.conclusions``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from bot import causes
from bot.action_values import Action
from bot.events import (
    ActionRequested,
    CheckRunRerequested,
    CommentCreated,
    Event,
    GroupDestroyed,
    GroupRequested,
    Ignored,
    InstallationChanged,
    NightlyDue,
    Ping,
    PullRequestClosed,
    PullRequestLabeled,
    PullRequestUpdated,
    Pushed,
    ReviewChanged,
    SuiteRequested,
)

FULL = "highwater:full"  # the label that asks for the full tier


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One row: an event of type *event* for which *who* holds causes *actions*."""

    event: type[Any]
    may: str
    who: Callable[[Any], bool]
    actions: Callable[[Any], tuple[Action, ...]]


def decide(event: Event) -> tuple[Action, ...]:
    """Look up what *event* causes, in the order to do it: the first row that fits, or nothing."""
    fitting = (rule for rule in RULES if isinstance(event, rule.event) and rule.who(event))
    rule = next(fitting, None)
    return () if rule is None else rule.actions(event)


def _anyone(event: Event) -> bool:
    del event
    return True


def _from_own_branch(event: PullRequestUpdated) -> bool:
    return not event.from_fork


def _asks_for_all(event: PullRequestLabeled) -> bool:
    return event.label == FULL and not event.by_bot and not event.from_fork


def _of_first_look(event: SuiteRequested) -> bool:
    return event.action == "requested"


def _to_default_branch(event: Pushed) -> bool:
    return event.to_default_branch and event.after is not None


def _by_person(event: CommentCreated) -> bool:
    return event.on_pull_request and not event.by_bot


def _pressed_by_person(event: ActionRequested) -> bool:
    return not event.by_bot


RULES: tuple[Rule, ...] = (
    Rule(
        event=PullRequestUpdated,
        may="whoever may push to the repository has its pull requests measured",
        who=_from_own_branch,
        actions=causes.start,
    ),
    Rule(
        event=PullRequestUpdated,
        may="a fork's pull request is concluded unmeasured, whatever the repository's policy",
        who=_anyone,
        actions=causes.refuse,
    ),
    Rule(
        event=CheckRunRerequested,
        may="whom GitHub lets ask for a re-run (write access) gets one; a fork's stays unmeasured",
        who=_anyone,
        actions=causes.restart,
    ),
    Rule(
        event=PullRequestLabeled,
        may="whom GitHub lets label (triage) has the full tier measured; never a bot, never a fork",
        who=_asks_for_all,
        actions=causes.start_full,
    ),
    Rule(
        event=PullRequestLabeled,
        may="any other label causes nothing, the ones that we put ourselves among them",
        who=_anyone,
        actions=causes.nothing,
    ),
    Rule(
        event=PullRequestClosed,
        may="who closes or merges a pull request ends its checks, and what its promotion waits for",
        who=_anyone,
        actions=causes.end,
    ),
    Rule(
        event=ReviewChanged,
        may="a review counts for a promotion by the role of its author, read live",
        who=_anyone,
        actions=causes.follow,
    ),
    Rule(
        event=CommentCreated,
        may="people whose role allows it command by comments on pull requests; never a bot",
        who=_by_person,
        actions=causes.answer_comment,
    ),
    Rule(
        event=CommentCreated,
        may="what bots write, and comments on plain issues, cause nothing",
        who=_anyone,
        actions=causes.nothing,
    ),
    Rule(
        event=ActionRequested,
        may="people whose role allows it press the buttons of our check runs; never a bot",
        who=_pressed_by_person,
        actions=causes.answer_button,
    ),
    Rule(
        event=ActionRequested,
        may="a button that a bot presses causes nothing",
        who=_anyone,
        actions=causes.nothing,
    ),
    Rule(
        event=SuiteRequested,
        may="a head whose own event was lost is looked at as if it had come",
        who=_of_first_look,
        actions=causes.start_head,
    ),
    Rule(
        event=SuiteRequested,
        may="whom GitHub lets ask for all checks again (write access) gets them",
        who=_anyone,
        actions=causes.restart_head,
    ),
    Rule(
        event=Pushed,
        may="what is on the default branch is measured where suites are declared for pushes",
        who=_to_default_branch,
        actions=causes.measure_push,
    ),
    Rule(
        event=Pushed,
        may="a push to another branch, and a branch that goes, cause nothing",
        who=_anyone,
        actions=causes.nothing,
    ),
    Rule(
        event=GroupRequested,
        may="whom GitHub lets queue a pull request has its group checked",
        who=_anyone,
        actions=causes.measure_group,
    ),
    Rule(
        event=GroupDestroyed,
        may="a group that the queue has given up, or merged, is measured no further",
        who=_anyone,
        actions=causes.end_group,
    ),
    Rule(
        event=InstallationChanged,
        may="who installs the App, or takes it away, decides which repositories it serves",
        who=_anyone,
        actions=causes.change_repositories,
    ),
    Rule(
        event=NightlyDue,
        may="our own schedule, as the default branch declares it, begins a night; nobody else does",
        who=_anyone,
        actions=causes.begin_night,
    ),
    Rule(
        event=Ping, may="a ping is answered and causes nothing", who=_anyone, actions=causes.nothing
    ),
    Rule(event=Ignored, may="all else causes nothing", who=_anyone, actions=causes.nothing),
)
