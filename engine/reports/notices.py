"""What a check run says when it is not a verdict: waiting, refused, superseded, broken set-up."""

from __future__ import annotations

from collections.abc import Sequence

from engine.errors import UserError
from engine.reports.check import CheckText
from engine.reports.escape import code, inline
from engine.reports.wording import SHA, plural

TRUSTED_ONLY = (
    "This version has no sandbox yet, so it runs the code of the repository's own branches "
    "alone, and never that of a fork, whatever the policy says."
)


def queued(tags: Sequence[str]) -> CheckText:
    """Say that a run waits for a runner of *tags*."""
    return CheckText(
        title="Queued",
        summary=f"Waiting for a runner with the tags {_joined(tags)}.",
        text="",
    )


def measuring(runner: str) -> CheckText:
    """Say that *runner* measures now."""
    summary = f"Merge base and head are measured side by side on {code(runner)}."
    return CheckText(title="Measuring", summary=summary, text="")


def confirming(runner: str) -> CheckText:
    """Say that *runner* measures again what another runner found to have regressed."""
    summary = (
        f"One runner found a regression. {code(runner)} measures the same cases again: "
        "the check turns red only where both find it."
    )
    return CheckText(title=f"Confirming on {runner}", summary=summary, text="")


def no_runner(tags: Sequence[str]) -> CheckText:
    """Say that no live runner has *tags*, and what to start."""
    joined = ",".join(sorted(set(tags)))
    return CheckText(
        title=f"Waiting: no live runner with {joined}",
        summary=(
            f"No runner that is alive has all of the tags {_joined(tags)}. "
            f"Start one with {code(f'highwater runner --tags {joined}')}; the run waits for it."
        ),
        text="",
    )


def running(suites: Sequence[str]) -> CheckText:
    """Say, in the roll-up, which suites are being measured."""
    count = plural(len(suites), "suite")
    names = ", ".join(code(name) for name in suites)
    return CheckText(title=f"Measuring {count}", summary=f"Measured now: {names}.", text="")


def skipped_suite(name: str) -> CheckText:
    """Say that none of a suite's paths changed."""
    summary = f"None of the paths of {code(name)} changed, so it was not measured."
    return CheckText(title="Skipped: no measured path changed", summary=summary, text="")


def no_suite() -> CheckText:
    """Say, in the roll-up, that there was nothing to measure."""
    summary = "No suite of this repository runs on pull requests."
    return CheckText(title="Skipped: no suite for pull requests", summary=summary, text="")


def superseded(by: str) -> CheckText:
    """Say that a newer head, or a newer check of the same head, took over."""
    summary = f"The pull request moved on to {code(by[:SHA])}; its check is the one to read."
    return CheckText(title=f"Superseded by {by[:SHA]}", summary=summary, text="")


def rerun() -> CheckText:
    """Say that a person asked for this head to be measured again."""
    summary = "A new check of the same commit was asked for; it is the one to read."
    return CheckText(title="Superseded by a re-run", summary=summary, text="")


def closed() -> CheckText:
    """Say that a closed pull request is not measured."""
    summary = "The pull request is closed. Reopen it to have it measured."
    return CheckText(title="Not run: the pull request is closed", summary=summary, text="")


def from_fork() -> CheckText:
    """Say that a fork's head is not run."""
    return CheckText(title="From a fork: not run", summary=TRUSTED_ONLY, text="")


def internal_error(cause: str) -> CheckText:
    """Say that our own program failed; *cause*, a delivery or a check, finds it in the log."""
    summary = (
        f"Highwater itself failed; its log has the details under {code(cause)}. "
        "Nothing was decided. Re-run the check, or push again."
    )
    return CheckText(title="Could not measure: internal error", summary=summary, text="")


def set_up_applies_after_merge() -> CheckText:
    """Say that head's proposed ``.highwater.yml`` is valid."""
    summary = (
        "The `.highwater.yml` of this pull request is valid. It applies once it is merged: "
        "what decides is read at the target branch. Nothing was run."
    )
    return CheckText(title="Set-up is valid; it applies after the merge", summary=summary, text="")


def set_up_broken(problem: UserError) -> CheckText:
    """Say what is wrong with the declaration, where, and the remedy."""
    place = "" if problem.where is None else f"{code(str(problem.where))}: "
    summary = f"{place}{inline(problem.problem)}\n\n{inline(problem.remedy)}"
    return CheckText(title="Set-up is broken", summary=summary, text="")


def _joined(tags: Sequence[str]) -> str:
    return ", ".join(code(tag) for tag in sorted(set(tags)))
