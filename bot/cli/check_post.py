"""``highwater check --post``: the verdict of a GitHub Actions job, told where people look."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from bot.actions_mode import LIMITS, SUMMARY_LIMIT, Job, JobPull, read_job
from bot.checks.locate import Read
from bot.cli.output import Remark, message
from bot.git import git_succeeds
from bot.github.client import GitHubApi
from bot.github.job_token import JobComments
from bot.laptop import Wish, commit_of, top_of
from bot.mirror import Mirror
from engine.configuration import FILE_NAME, Policy
from engine.configuration_file import parse_configuration
from engine.errors import HighwaterError, UserError, Where
from engine.findings import Verdict
from engine.reports.annotations import MAX_ANNOTATIONS
from engine.reports.comment import MARKER, needs_comment
from engine.reports.sections import Links
from engine.reports.turn import render_turn, turn_marker
from engine.values import CommitSha, Outcome
from worker.queue.settings import current_environ

FULL_HISTORY = "Give `actions/checkout` the input `fetch-depth: 0`."
GREEN = "✅"


@dataclass(frozen=True, slots=True)
class Posting:
    """A job's check: what to measure, and how its verdict is told."""

    job: Job
    wish: Wish

    @property
    def links(self) -> Links:
        """What the comment links to: the job's own page."""
        return Links(details_url=self.job.page)


def posting(wish: Wish) -> Posting | None:
    """Find out what this job is to check; None, and said why, where nothing is to be run.

    A pull request's head is measured, not the merge commit that Actions checks out, and judged
    by what its target branch declares.

    Raises:
        UserError: this is no job of GitHub Actions, or its clone lacks the history.
    """
    environ = current_environ()
    job = read_job(environ, _event(environ.get("GITHUB_EVENT_PATH", "")))
    top = top_of(wish.directory)
    named = replace(wish, repository=job.repository.name, kind="actions", policy=_policy(top, job))
    if job.pull_request is None:
        message("No pull request belongs to this job: the verdict is told here alone.")
        return Posting(job, _of_branch(named, top, job))
    if not _is_declared(top, job.pull_request):
        return None
    return Posting(job, _of_pull(named, job.pull_request))


def post(posting: Posting, verdict: Verdict, body: str) -> None:
    """Write the step's summary and the comment; what cannot be written is said and fails nothing.

    The exit code is the verdict's alone: a fork's job has a token that may only read.
    """
    _summarise(posting.job, body)
    try:
        _comment(posting, verdict, body)
    except HighwaterError as error:
        fork = posting.job.pull_request is not None and posting.job.pull_request.from_fork
        why = " A job for a fork's pull request has a token that may only read." if fork else ""
        message(f"Not commented: {error}{why} The verdict stands; the step's summary has it.")


def head_reader(posting: Posting, verdict: Verdict) -> Read:
    """Give what reads a file as head has it, for annotations on its lines."""
    return partial(Mirror(top_of(posting.wish.directory)).read, CommitSha(verdict.head))


def at_most(remarks: tuple[Remark, ...]) -> tuple[Remark, ...]:
    """Cut remarks to as many as a check may make."""
    return remarks[:MAX_ANNOTATIONS]


def _event(path: str) -> bytes:
    try:
        return Path(path).read_bytes() if path else b"{}"
    except OSError as error:
        problem = f"the event cannot be read: {error.strerror or error}."
        where = Where("environment", field="GITHUB_EVENT_PATH")
        raise UserError(problem, where, "Run it as a step of a workflow.") from error


def _of_pull(wish: Wish, pull: JobPull) -> Wish:
    return replace(
        wish,
        base=wish.base or pull.target,
        head=pull.head,
        tier=wish.tier or pull.tier,
        pull_request=pull.number,
    )


def _of_branch(wish: Wish, top: Path, job: Job) -> Wish:
    """Compare what the job runs for with what it came from, else with the default branch.

    A job's clone has no branch of its own but the one that it runs for, and no ``origin/HEAD``.

    Raises:
        UserError: what it came from is not in this clone.
    """
    head = wish.head if job.head is None else job.head
    if wish.base is not None:
        return replace(wish, head=head)
    if job.before is not None and not _is_here(top, job.before):
        problem = f"the commit {job.before[:10]}, which this one came after, is not here."
        remedy = f"{FULL_HISTORY} After a forced push, name what to compare with by --base."
        raise UserError(problem, None, remedy)
    tip = _default_tip(job)
    known = tip if job.default_branch and _is_here(top, tip) else None
    return replace(wish, head=head, base=job.before or known)


def _is_declared(top: Path, pull: JobPull) -> bool:
    """Whether the target branch says what to measure; what only head says applies after merge.

    Raises:
        UserError: a commit is not in this clone; or head's declaration alone is there and broken.
    """
    for commit in (pull.target, pull.head):
        if not _is_here(top, commit):
            problem = f"the commit {commit[:10]} of pull request #{pull.number} is not here."
            raise UserError(problem, None, FULL_HISTORY)
    mirror = Mirror(top)
    if mirror.read(pull.target, FILE_NAME) is not None:
        return True
    proposed = mirror.read(pull.head, FILE_NAME)
    if proposed is None:
        message(f"No {FILE_NAME} on the target branch: nothing is measured.")
    else:
        parse_configuration(proposed, FILE_NAME)
        message(f"The {FILE_NAME} of this pull request is valid; it applies after the merge.")
    return False


def _policy(top: Path, job: Job) -> Policy | None:
    """Read the policy at the default branch's tip; None: this clone does not know it."""
    tip = _default_tip(job)
    if not job.default_branch or not _is_here(top, tip):
        return None
    data = Mirror(top).read(commit_of(top, tip), FILE_NAME)
    return None if data is None else parse_configuration(data, FILE_NAME).configuration.policy


def _default_tip(job: Job) -> str:
    return f"refs/remotes/origin/{job.default_branch}"


def _is_here(top: Path, revision: str) -> bool:
    asked = ("rev-parse", "--quiet", "--verify", "--end-of-options", f"{revision}^{{commit}}")
    return git_succeeds(top, *asked)


def _summarise(job: Job, body: str) -> None:
    """Add the comment's text to the step's summary, which other steps may have begun."""
    if job.summary is None:
        return
    text = f"{body.removeprefix(MARKER).strip()}\n\n<sub>{LIMITS}</sub>\n"
    data = text.encode()[:SUMMARY_LIMIT]
    try:
        descriptor = os.open(job.summary, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        with open(descriptor, "ab") as file:  # noqa: PTH123 - a descriptor, not a path
            file.write(data)
    except OSError as error:
        message(f"No step summary: {error.strerror or error}.")


def _comment(posting: Posting, verdict: Verdict, body: str) -> None:
    """Bring the sticky comment up to date, and say it once more where green turned red."""
    job, pull = posting.job, posting.job.pull_request
    policy = (posting.wish.policy or Policy()).comment
    if pull is None or policy == "never":
        return
    if job.token is None:
        problem = "GITHUB_TOKEN is not set."
        remedy = "Give the step `env: GITHUB_TOKEN: ${{ github.token }}`."
        raise UserError(problem, None, remedy)
    comments = JobComments(GitHubApi(api_url=job.api_url), job.token, job.repository)
    try:
        before = comments.find(pull.number, MARKER)
        said = needs_comment(verdict, policy)
        if said or before is not None:
            comments.put(pull.number, MARKER, body)
        if said and _turned(before, verdict):
            marker = turn_marker(verdict.check)
            comments.put(pull.number, marker, render_turn(verdict, marker))
    finally:
        comments.close()


def _turned(before: str | None, verdict: Verdict) -> bool:
    """Whether a comment that told of green is red now: an edit alone notifies nobody."""
    if before is None or verdict.outcome is not Outcome.REGRESSION:
        return False
    return GREEN in before.removeprefix(MARKER).strip().partition("\n")[0]
