"""From one event to the actions that it causes, where a rule of ``bot.policy`` allows them."""

from __future__ import annotations

from bot.action_values import (
    Action,
    AnswerButton,
    AnswerComment,
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
    StartNight,
    SupersedeChecks,
)
from bot.events import (
    ActionRequested,
    CheckRunRerequested,
    CommentCreated,
    Event,
    GroupDestroyed,
    GroupRequested,
    InstallationChanged,
    NightlyDue,
    PullRequestClosed,
    PullRequestLabeled,
    PullRequestUpdated,
    Pushed,
    ReviewChanged,
    SuiteRequested,
)


def start(event: PullRequestUpdated) -> tuple[Action, ...]:
    """Measure the head, then end what is measured of older ones."""
    started = StartCheck(
        repository=event.repository,
        number=event.number,
        head=event.head,
        only_new=event.action == "ready_for_review",
    )
    return (started, _supersede(event))


def refuse(event: PullRequestUpdated) -> tuple[Action, ...]:
    """Conclude a fork's head unmeasured, then end what is measured of older ones."""
    refused = RefuseFork(
        repository=event.repository,
        number=event.number,
        head=event.head,
        only_new=event.action == "ready_for_review",
    )
    return (refused, _supersede(event))


def restart(event: CheckRunRerequested) -> tuple[Action, ...]:
    """Measure again what one check run stood for."""
    return (
        RestartCheck(
            repository=event.repository,
            name=event.name,
            external_id=event.external_id,
            head=event.head,
            pull_requests=event.pull_requests,
            asked_by=event.sender or None,
        ),
    )


def start_full(event: PullRequestLabeled) -> tuple[Action, ...]:
    """Measure the head in the full tier, and against the accepted levels' own commits."""
    asked = StartCheck(
        repository=event.repository,
        number=event.number,
        head=event.head,
        asked_by=event.sender,
        tier="full",
    )
    paired = PairWithBaselines(
        repository=event.repository,
        number=event.number,
        head=event.head,
        base_ref=event.base_ref,
        asked_by=event.sender,
    )
    return (asked, paired)


def start_head(event: SuiteRequested) -> tuple[Action, ...]:
    """Look at the head, should its own event be lost."""
    found = StartHead(
        repository=event.repository, head=event.head, pull_requests=event.pull_requests
    )
    return (found,)


def restart_head(event: SuiteRequested) -> tuple[Action, ...]:
    """Measure the head again, whatever was checked on it."""
    again = RestartHead(
        repository=event.repository,
        head=event.head,
        pull_requests=event.pull_requests,
        asked_by=event.sender or None,
    )
    return (again,)


def measure_push(event: Pushed) -> tuple[Action, ...]:
    """Measure what the branch has become."""
    return (MeasurePush(push=event),)


def measure_group(event: GroupRequested) -> tuple[Action, ...]:
    """Check the group."""
    return (MeasureGroup(group=event),)


def end_group(event: GroupDestroyed) -> tuple[Action, ...]:
    """End the checks of a group that is gone."""
    return (EndGroup(repository=event.repository, head=event.head),)


def change_repositories(event: InstallationChanged) -> tuple[Action, ...]:
    """Take up which repositories the App has now."""
    return (ChangeRepositories(change=event),)


def answer_comment(event: CommentCreated) -> tuple[Action, ...]:
    """Answer the comment's commands."""
    return (AnswerComment(comment=event),)


def answer_button(event: ActionRequested) -> tuple[Action, ...]:
    """Answer the button."""
    return (AnswerButton(press=event),)


def follow(event: ReviewChanged) -> tuple[Action, ...]:
    """Bring promotions up to date."""
    return (FollowPromotions(repository=event.repository, number=event.number),)


def end(event: PullRequestClosed) -> tuple[Action, ...]:
    """End the checks, and bring promotions up to date."""
    return (
        EndChecks(repository=event.repository, number=event.number),
        FollowPromotions(repository=event.repository, number=event.number),
    )


def begin_night(event: NightlyDue) -> tuple[Action, ...]:
    """Begin the repository's night."""
    return (StartNight(repository=event.repository, due_utc=event.due_utc),)


def nothing(event: Event) -> tuple[Action, ...]:
    """Cause nothing."""
    del event
    return ()


def _supersede(event: PullRequestUpdated) -> SupersedeChecks:
    return SupersedeChecks(repository=event.repository, number=event.number, head=event.head)
