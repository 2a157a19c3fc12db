from __future__ import annotations

from typing import Literal, get_args

import pytest

from bot.action_values import (
    Action,
    ChangeRepositories,
    EndChecks,
    EndGroup,
    FollowPromotions,
    MeasureGroup,
    MeasurePush,
    PairWithBaselines,
    RefuseFork,
    RestartCheck,
    RestartHead,
    StartCheck,
    StartHead,
    SupersedeChecks,
)
from bot.actions import PERFORMERS
from bot.event_bodies import PullRequestAction
from bot.events import (
    CheckRunRerequested,
    Event,
    GroupDestroyed,
    GroupRequested,
    Ignored,
    InstallationChanged,
    Ping,
    PullRequestClosed,
    PullRequestLabeled,
    PullRequestUpdated,
    Pushed,
    SuiteRequested,
)
from bot.policy import FULL, RULES, decide
from bot.ports import Repository
from engine.values import CommitSha, RepositoryName

REPOSITORY = Repository(name=RepositoryName("o/r"), installation=5)
HEAD = CommitSha("1a2b3c4d" * 5)


def updated(action: PullRequestAction = "opened", *, from_fork: bool = False) -> PullRequestUpdated:
    return PullRequestUpdated(
        repository=REPOSITORY,
        number=7,
        action=action,
        head=HEAD,
        base_ref="main",
        from_fork=from_fork,
    )


@pytest.mark.parametrize("action", ["opened", "synchronize", "reopened", "edited"])
def test_an_own_pull_request_supersedes_older_checks_and_starts_one(
    action: Literal["opened", "synchronize", "reopened", "edited"],
) -> None:
    assert decide(updated(action)) == (
        StartCheck(repository=REPOSITORY, number=7, head=HEAD),
        SupersedeChecks(repository=REPOSITORY, number=7, head=HEAD),
    )


def test_a_fork_is_refused_and_never_started() -> None:
    assert decide(updated(from_fork=True)) == (
        RefuseFork(repository=REPOSITORY, number=7, head=HEAD),
        SupersedeChecks(repository=REPOSITORY, number=7, head=HEAD),
    )


@pytest.mark.parametrize("from_fork", [False, True])
def test_a_draft_that_is_ready_is_looked_at_only_where_it_was_not_before(from_fork: bool) -> None:
    started, _ = decide(updated("ready_for_review", from_fork=from_fork))
    assert isinstance(started, StartCheck | RefuseFork)
    assert started.only_new


def test_a_rerequested_check_run_restarts_its_check() -> None:
    event = CheckRunRerequested(
        repository=REPOSITORY,
        check_run=1,
        name="highwater",
        external_id="c1",
        head=HEAD,
        pull_requests=(7,),
        sender="ann",
    )
    assert decide(event) == (
        RestartCheck(
            repository=REPOSITORY,
            name="highwater",
            external_id="c1",
            head=HEAD,
            pull_requests=(7,),
            asked_by="ann",
        ),
    )


def labeled(label: str = FULL, *, by_bot: bool = False, from_fork: bool = False) -> Event:
    return PullRequestLabeled(
        repository=REPOSITORY,
        number=7,
        label=label,
        head=HEAD,
        base_ref="main",
        from_fork=from_fork,
        sender="ann",
        by_bot=by_bot,
    )


def test_a_person_asks_for_the_full_tier_by_a_label() -> None:
    asked = StartCheck(repository=REPOSITORY, number=7, head=HEAD, asked_by="ann", tier="full")
    paired = PairWithBaselines(
        repository=REPOSITORY, number=7, head=HEAD, base_ref="main", asked_by="ann"
    )
    assert decide(labeled()) == (asked, paired)


@pytest.mark.parametrize(
    "event",
    [labeled("highwater:regression"), labeled(by_bot=True), labeled(from_fork=True)],
    ids=["another", "by-a-bot", "a-fork"],
)
def test_every_other_label_causes_nothing(event: Event) -> None:
    assert decide(event) == ()


def test_a_closed_pull_request_ends_its_checks_before_promotions_are_followed() -> None:
    event = PullRequestClosed(
        repository=REPOSITORY,
        number=7,
        merged=True,
        head=HEAD,
        head_ref="work",
        base_ref="main",
        from_fork=False,
    )
    assert decide(event) == (
        EndChecks(repository=REPOSITORY, number=7),
        FollowPromotions(repository=REPOSITORY, number=7),
    )


def suite_requested(action: Literal["requested", "rerequested"]) -> SuiteRequested:
    return SuiteRequested(
        repository=REPOSITORY,
        action=action,
        head=HEAD,
        head_branch="work",
        pull_requests=(7,),
        sender="ann",
        by_bot=False,
    )


def test_a_head_with_a_new_check_suite_is_looked_at() -> None:
    found = StartHead(repository=REPOSITORY, head=HEAD, pull_requests=(7,))
    assert decide(suite_requested("requested")) == (found,)


def test_all_checks_of_a_head_are_repeated_for_who_asks() -> None:
    again = RestartHead(repository=REPOSITORY, head=HEAD, pull_requests=(7,), asked_by="ann")
    assert decide(suite_requested("rerequested")) == (again,)


def pushed(*, to_default_branch: bool = True, after: CommitSha | None = HEAD) -> Pushed:
    return Pushed(
        repository=REPOSITORY,
        branch="main",
        before=None,
        after=after,
        forced=False,
        to_default_branch=to_default_branch,
        sender="ann",
        by_bot=False,
    )


def test_a_push_to_the_default_branch_is_measured() -> None:
    assert decide(pushed()) == (MeasurePush(push=pushed()),)


@pytest.mark.parametrize("event", [pushed(to_default_branch=False), pushed(after=None)])
def test_a_push_elsewhere_and_a_branch_that_goes_cause_nothing(event: Pushed) -> None:
    assert decide(event) == ()


def test_a_merge_queues_group_is_checked() -> None:
    event = GroupRequested(
        repository=REPOSITORY, head=HEAD, head_ref="queue", base=HEAD, base_ref="main"
    )
    assert decide(event) == (MeasureGroup(group=event),)


def test_a_group_that_is_gone_is_measured_no_further() -> None:
    event = GroupDestroyed(repository=REPOSITORY, head=HEAD)
    assert decide(event) == (EndGroup(repository=REPOSITORY, head=HEAD),)


def test_an_installation_that_changes_is_taken_up() -> None:
    event = InstallationChanged(installation=5, action="suspend", gone=True)
    assert decide(event) == (ChangeRepositories(change=event),)


@pytest.mark.parametrize(
    "event", [Ping(hook=1), Ignored(event="star", action="created", reason="no")]
)
def test_a_ping_and_what_is_ignored_cause_nothing(event: Event) -> None:
    assert decide(event) == ()


def test_every_action_is_carried_out_by_somebody() -> None:
    assert set(PERFORMERS) == set(get_args(Action))


def test_the_table_has_a_row_for_every_event() -> None:
    assert {rule.event for rule in RULES} == set(get_args(Event))
