"""The check of a promotion's own pull request: what it waits for, told in ``highwater``."""

from __future__ import annotations

import msgspec

from bot.action_values import FollowPromotions
from bot.checks import board
from bot.checks.declared import Declared, read_declaration
from bot.ledger import Act, note
from bot.ports import CheckRun, Conclusion, PullRequest, Repository, Review, Role
from bot.promotion.outcome import keep
from bot.promotion.siblings import make_anew
from bot.services import Services
from bot.store.deliveries import Delivery
from bot.store.promotions import PromotionRecord
from engine.audit.records import Scalar
from engine.promotion.names import PREFIX
from engine.promotion.standing import Approval, Proposal, Source, Standing, Waits, standing
from engine.reports.promotion import standing_text

_DECIDING = frozenset({"approved", "changes_requested", "dismissed"})


def answer_promotion(services: Services, repository: Repository, pull: PullRequest) -> bool:
    """Bring the checks of what *pull* has to do with up to date; True for a promotion's own.

    Raises:
        TransientError: the forge is away.
    """
    for asked in services.promotions.of_source(repository.name, pull.number):
        settle(services, repository, asked)
    record = _promotion(services, repository, pull)
    if record is None:
        return False
    _follow_own(services, repository, record, pull)
    return True


def _promotion(
    services: Services, repository: Repository, pull: PullRequest
) -> PromotionRecord | None:
    """Find what *pull* proposes.

    Checks are of a commit: whoever opens another pull request of the commit that we proposed
    gets the check of ours, and no green one beside it.
    """
    proposed = services.promotions.of_commit(repository.name, pull.head)
    if proposed is not None or not (pull.ours and pull.head_ref.startswith(PREFIX)):
        return proposed
    return services.promotions.of_branch(repository.name, pull.head_ref)


def take_up(using: Services, action: FollowPromotions, delivery: Delivery) -> None:
    """Follow what happened to a pull request; raises what ``follow`` raises."""
    del delivery
    follow(using, action.repository, action.number)


def follow(services: Services, repository: Repository, number: int) -> None:
    """Take up that a pull request was reviewed, merged, closed or reopened.

    Raises:
        TransientError: the forge is away.
    """
    known = services.promotions.of_pull_request(repository.name, number)
    if known is not None or services.promotions.of_source(repository.name, number):
        pull = services.forge.pull_request(repository, number)
        answer_promotion(services, repository, pull)


def settle(services: Services, repository: Repository, record: PromotionRecord) -> None:
    """Show what an open promotion waits for, and record who has approved it.

    Raises:
        TransientError: the forge or the ledger is away.
        UserError: the forge refuses it for good.
    """
    if record.pull_request is None:
        return
    pull = services.forge.pull_request(repository, record.pull_request)
    if pull.state == "open":
        _settle(services, repository, record, pull)


def _follow_own(
    services: Services, repository: Repository, record: PromotionRecord, pull: PullRequest
) -> None:
    if record.pull_request != pull.number and (record.pull_request is not None or not pull.ours):
        return  # a person's, or an older one of the same branch, whose number was left behind
    if pull.state == "open":
        _settle(services, repository, record, pull)
    elif record.status not in {"merged", "closed"}:
        _end(services, repository, record, pull)


def _end(
    services: Services, repository: Repository, record: PromotionRecord, pull: PullRequest
) -> None:
    """Record what became of a proposal; one that was asked for anew meanwhile goes on."""
    ended = "merged" if pull.merged else "closed"
    is_last = record.status == "open"
    if is_last:
        keep(services, msgspec.structs.replace(record, status=ended))
    what = f"{repository.name}/{pull.number}/{pull.head}"
    ctx: dict[str, Scalar] = {"suite": record.suite, "pull_request": pull.number}
    note(services, Act(step=f"promotion_{ended}", id=what, ctx=ctx))
    if is_last and pull.merged:
        make_anew(services, record)


def _settle(
    services: Services, repository: Repository, record: PromotionRecord, pull: PullRequest
) -> None:
    proposal = _proposal(services, repository, record, pull)
    found = standing(proposal)
    for login in found.approved_by:
        what = f"{repository.name}/{pull.number}/{login}/{pull.head}"
        ctx: dict[str, Scalar] = {
            "suite": record.suite,
            "by": login,
            "pull_request": pull.number,
        }
        note(services, Act(step="approve", id=what, ctx=ctx))
    _show(services, repository, record, pull, found)


def _show(
    services: Services,
    repository: Repository,
    record: PromotionRecord,
    pull: PullRequest,
    found: Standing,
) -> None:
    text = standing_text(found, record.source)
    ready = found.waits is Waits.READY
    run = CheckRun(
        name=board.ROLL_UP,
        head=pull.head,
        external_id=f"promotion-{pull.number}",
        status="completed",
        conclusion=Conclusion.SUCCESS if ready else Conclusion.ACTION_REQUIRED,
        title=text.title,
        summary=text.summary,
    )
    services.forge.put_check_run(repository, run)


def _proposal(
    services: Services, repository: Repository, record: PromotionRecord, pull: PullRequest
) -> Proposal:
    declared = read_declaration(services.forge, repository, pull)
    # A file that is gone or broken takes nobody's right to a second look away.
    lenient = isinstance(declared, Declared) and not declared.policy.promotion_needs_second_person
    return Proposal(
        head=pull.head,
        commit=record.commit_sha,
        measured=record.head,
        requested_by=record.requested_by,
        settled=record.status not in {"measuring", "refused"},
        needs_second_person=not lenient,
        source=_source(services, repository, record),
        approvals=_approvals(services, repository, pull),
    )


def _source(services: Services, repository: Repository, record: PromotionRecord) -> Source | None:
    if record.source is None:
        return None
    pull = services.forge.pull_request(repository, record.source)
    return Source(number=pull.number, head=pull.head, open=pull.state == "open", merged=pull.merged)


def _approvals(
    services: Services, repository: Repository, pull: PullRequest
) -> tuple[Approval, ...]:
    reviews = services.forge.reviews(repository, pull.number)
    deciding = [review for review in reviews if review.state in _DECIDING]
    return tuple(_approval(services, repository, review) for review in deciding)


def _approval(services: Services, repository: Repository, review: Review) -> Approval:
    approved = review.state == "approved"
    may = approved and services.forge.permission(repository, review.author) >= Role.WRITE
    return Approval(author=review.author, approved=approved, commit=review.commit, counts=may)
