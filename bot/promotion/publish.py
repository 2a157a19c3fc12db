"""Propose a new baseline: one branch, one commit, one pull request, however often it is asked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from bot.ledger import Act, ledgered
from bot.ports import Branch, BranchMovedError, FileChange
from bot.promotion.outcome import NotPromotedError, keep
from bot.promotion.review import settle
from bot.promotion.subject import Subject
from bot.services import Services, verdict_url
from bot.store.promotions import PromotionRecord
from engine.errors import TransientError, UserError
from engine.identity import content_hash
from engine.promotion.evidence import EvidenceRun
from engine.promotion.files import Candidate, Origin, candidate_files, candidate_path
from engine.promotion.refusals import Refusal, Refused
from engine.reports import promotion
from engine.reports.proposal import Promotion, ProposalText, proposal
from engine.sweep.spec import parse_sweep_spec
from engine.values import CheckId, CommitSha, SuiteKind


def publish(services: Services, subject: Subject, runs: Sequence[EvidenceRun]) -> str:
    """Propose what *runs* measured, on the branch that its pull request is for; gives the answer.

    Raises:
        NotPromotedError: it is accepted already, or a person works on the branch.
        UserError: the file that is there now is no baseline.
        TransientError: the forge or the ledger is away; repeating the call goes on.
    """
    parent = services.forge.tip(subject.repository, subject.pull.base_ref)
    files = _files(services, subject, runs, parent)
    text = proposal(_asked(subject), files, runs, _links(services, runs))
    act = Act(
        step="promotion",
        id=f"{subject.repository.name}/{subject.record.branch}/{_content(files, text)}",
        ctx={
            "repository": subject.repository.name,
            "suite": subject.record.suite,
            "by": subject.record.requested_by,
            "source": subject.record.source,
        },
        inputs={"head": subject.record.head, "files": _content(files, text)},
    )
    with ledgered(services, act) as out:
        record = _proposed(services, subject, runs, text, _Wanted(parent, files))
        out["commit"], out["pull_request"] = record.commit_sha, record.pull_request
    settle(services, subject.repository, record)
    return promotion.opened(
        record.suite,
        subject.tags,
        record.pull_request or 0,
        needs_second_person=subject.declared.policy.promotion_needs_second_person,
    )


class _Wanted(msgspec.Struct, frozen=True):
    parent: CommitSha
    files: tuple[Candidate, ...]


def _files(
    services: Services, subject: Subject, runs: Sequence[EvidenceRun], parent: CommitSha
) -> tuple[Candidate, ...]:
    record, suite = subject.record, subject.suite
    path = candidate_path(record.suite, suite, runs, record.scenario)
    present = {path: services.forge.read_file(subject.repository, parent, path)}
    files = candidate_files(suite, runs, _origin(subject), present)
    if all(present[one.path] == one.content for one in files):
        raise NotPromotedError(Refusal(why=Refused.UNCHANGED, detail=path))
    return files


def _origin(subject: Subject) -> Origin:
    """Name the head, and the spec that its sweep was carried out by: the merge base's."""
    commit, spec = subject.record.head, subject.suite.spec
    if subject.suite.kind is not SuiteKind.SWEEP or spec is None:
        return Origin(commit=commit)
    data = subject.mirror.read(subject.base, spec)
    try:
        parsed = None if data is None else parse_sweep_spec(data, spec)
    except UserError:
        parsed = None
    return Origin(commit=commit, spec_hash=None if parsed is None else parsed.spec_hash)


def _asked(subject: Subject) -> Promotion:
    record = subject.record
    return Promotion(
        suite=record.suite,
        tags=subject.tags,
        branch=record.branch,
        base_ref=subject.pull.base_ref,
        head=record.head,
        requested_by=record.requested_by,
        reason=record.reason,
        scenario=record.scenario,
        source=record.source,
        is_merged=subject.pull.merged,
    )


def _links(services: Services, runs: Sequence[EvidenceRun]) -> dict[str, str]:
    return {run.check: verdict_url(services.public_url, CheckId(run.check)) for run in runs}


def _content(files: Sequence[Candidate], text: ProposalText) -> str:
    parts = [(one.path, one.content.decode()) for one in files]
    return content_hash([*parts, text.message])[:16]


def _proposed(
    services: Services,
    subject: Subject,
    runs: Sequence[EvidenceRun],
    text: ProposalText,
    wanted: _Wanted,
) -> PromotionRecord:
    repository, record = subject.repository, subject.record
    _require_own(services, subject)
    commit = _commit(services, subject, text, wanted)
    record = msgspec.structs.replace(record, status="open", commit_sha=commit)
    keep(services, record)  # before the pull request: its webhook may be the faster
    number = services.forge.put_pull_request(
        repository, record.branch, subject.pull.base_ref, text.title, text.body
    )
    record = msgspec.structs.replace(
        record,
        evidence=tuple(run.order.run for run in runs),
        pull_request=number,
        expires_utc=datetime.fromisoformat(wanted.files[0].expires_utc),
    )
    keep(services, record)
    return record


def _require_own(services: Services, subject: Subject) -> None:
    """Refuse where the branch's pull request is a person's, whose words are theirs."""
    number = services.forge.find_pull_request(subject.repository, subject.record.branch)
    if number is None or services.forge.pull_request(subject.repository, number).ours:
        return
    raise NotPromotedError(Refusal(why=Refused.TAKEN, detail=f"#{number}"))


def _commit(services: Services, subject: Subject, text: ProposalText, wanted: _Wanted) -> CommitSha:
    """Bring the branch to the one commit; never over one that is not ours.

    What stands there already, on whichever commit of the base, keeps its approvals.
    """
    repository, record = subject.repository, subject.record
    branch = services.forge.branch(repository, record.branch)
    if branch is not None and not branch.ours:
        raise NotPromotedError(Refusal(why=Refused.PEOPLE, detail=record.branch))
    if branch is not None and _stands(services, subject, branch, wanted):
        return branch.tip
    try:
        return services.forge.put_commit(
            repository,
            record.branch,
            wanted.parent,
            [FileChange(path=one.path, content=one.content) for one in wanted.files],
            text.message,
            replaces=None if branch is None else branch.tip,
        )
    except BranchMovedError as moved:
        # By a person: read again, that is a refusal. By our own other process: it goes on there.
        problem = f"the branch {record.branch} moved"
        raise TransientError(problem, retry_after_s=2.0) from moved


def _stands(services: Services, subject: Subject, branch: Branch, wanted: _Wanted) -> bool:
    """Whether the branch proposes this already, in an open pull request and for the same reason.

    A request for another reason or by somebody else has its evidence taken away. Of another target
    it would bring along what that one does not have.
    """
    record = subject.record
    if branch.tip != record.commit_sha or not record.evidence:
        return False
    number = services.forge.find_pull_request(subject.repository, record.branch)
    if number is None:
        return False
    if services.forge.pull_request(subject.repository, number).base_ref != subject.pull.base_ref:
        return False
    return all(
        services.forge.read_file(subject.repository, branch.tip, one.path) == one.content
        for one in wanted.files
    )
