"""Checks of commits without a pull request: what a branch has become, and merge queues' groups."""

from __future__ import annotations

from collections.abc import Mapping

from bot.action_values import EndGroup, MeasureGroup, MeasurePush
from bot.checks.cancel import end_of_group
from bot.checks.commits import CommitRequest, abandon_commit_check, start_commit_check
from bot.services import Services, repository_of
from bot.store.checks import CheckRecord
from bot.store.deliveries import Delivery
from engine.configuration import When
from engine.findings import VerdictKind
from worker.queue.names import Lane

_EVENTS: Mapping[VerdictKind, tuple[When, ...]] = {
    "push": ("push",),
    "merge_group": ("pull_request",),
}
_LANES: Mapping[VerdictKind, Lane] = {"push": "nightly", "merge_group": "pr"}  # who waits for it


def measure_push(using: Services, action: MeasurePush, delivery: Delivery) -> None:
    """Start the check of what was pushed; raises what ``start_commit_check`` raises.

    A branch that was renamed meanwhile declares nothing any more.
    """
    request = push_request(action, delivery)
    if request is not None and using.forge.branch(request.repository, request.base_ref):
        start_commit_check(using, request)


def abandon_push(using: Services, action: MeasurePush, delivery: Delivery) -> None:
    """End what ``measure_push`` has begun."""
    request = push_request(action, delivery)
    if request is not None:
        abandon_commit_check(using, request)


def measure_group(using: Services, action: MeasureGroup, delivery: Delivery) -> None:
    """Start the check of a group, once; raises what ``start_commit_check`` raises."""
    request = group_request(action, delivery)
    if not _is_checked(using, request) and not _is_gone(using, request):
        start_commit_check(using, request)


def abandon_group(using: Services, action: MeasureGroup, delivery: Delivery) -> None:
    """End what ``measure_group`` has begun."""
    abandon_commit_check(using, group_request(action, delivery))


def end_group(using: Services, action: EndGroup, delivery: Delivery) -> None:
    """End what runs of a group; raises what ``end_of_group`` raises."""
    del delivery
    end_of_group(using, action.repository, action.head)


def restart_commit(
    using: Services, check: CheckRecord, asked_by: str | None, delivery: Delivery
) -> None:
    """Measure again what *check*, of no pull request, has measured; raises the same.

    One of another kind than a push's or a group's is left as it is.
    """
    request = request_again(check, asked_by, delivery)
    if request is not None:
        start_commit_check(using, request)


def push_request(action: MeasurePush, delivery: Delivery) -> CommitRequest | None:
    """Say what a push wants checked; None where its branch is gone."""
    push = action.push
    if push.after is None:
        return None
    return CommitRequest(
        repository=push.repository,
        kind="push",
        head=push.after,
        base=None if push.forced else push.before,  # what was overwritten may be gone
        ref=push.branch,
        base_ref=push.branch,
        cause=delivery.id,
        events=_EVENTS["push"],
        lane=_LANES["push"],
        attempt=delivery.attempt,
    )


def group_request(action: MeasureGroup, delivery: Delivery) -> CommitRequest:
    """Say what a merge queue wants checked."""
    group = action.group
    return CommitRequest(
        repository=group.repository,
        kind="merge_group",
        head=group.head,
        base=group.base,
        ref=group.head_ref,
        base_ref=group.base_ref,
        cause=delivery.id,
        events=_EVENTS["merge_group"],
        lane=_LANES["merge_group"],
        attempt=delivery.attempt,
    )


def request_again(
    check: CheckRecord, asked_by: str | None, delivery: Delivery
) -> CommitRequest | None:
    """Say what a check of a commit wanted, once more; None for one that is not ours to repeat."""
    events = _EVENTS.get(check.kind)
    if events is None or check.ref is None:
        return None
    return CommitRequest(
        repository=repository_of(check),
        kind=check.kind,
        head=check.head,
        base=check.base,
        ref=check.ref,
        base_ref=check.base_ref,
        cause=f"{delivery.id}/{check.kind}",
        events=events,
        lane=_LANES[check.kind],
        tier=check.tier,
        requested_by=asked_by,
        attempt=delivery.attempt,
    )


def _is_checked(using: Services, request: CommitRequest) -> bool:
    """Whether another delivery has asked for this very group, which never changes."""
    known = using.checks.checks_of_commit(request.repository.name, request.head)
    return any(each.kind == request.kind and each.id != request.check for each in known)


def _is_gone(using: Services, request: CommitRequest) -> bool:
    """Whether the queue gave the group up while an outage held its delivery back.

    Its end was told meanwhile, and found nothing to end.
    """
    if request.attempt == 1 or using.checks.check(request.check) is not None:
        return False
    return using.forge.branch(request.repository, request.ref) is None
