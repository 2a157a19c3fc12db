"""What a check run says when it is not a verdict: waiting, refused, superseded, broken set-up."""

from __future__ import annotations

import math
from collections.abc import Sequence

from engine.errors import UserError
from engine.findings import VerdictKind
from engine.reports.check import CheckText
from engine.reports.escape import code, plain, prose
from engine.reports.wording import SHA, plural

_MINUTE_S, _HOUR_S = 60.0, 3600.0
_LONG_S = 2 * _HOUR_S  # from here on, hours are named
_EVENTS: dict[VerdictKind, str] = {"push": "pushes", "nightly": "nights"}
TRUSTED_ONLY = (
    "This version has no sandbox yet, so it runs the code of the repository's own branches "
    "alone, and never that of a fork, whatever the policy says."
)


def queued(
    tags: Sequence[str], *, ahead: int | None = None, left_s: float | None = None
) -> CheckText:
    """Say that a run waits for a runner of *tags*, behind how many others, and for how long.

    *left_s* is the time in seconds until it is measured to its end; None where nobody knows.
    """
    waits = [f"Waiting for a runner with the tags {_joined(tags)}."]
    waits += [] if ahead is None else [f"{plural(ahead, 'run')} ahead of it."]
    waits += [] if left_s is None else [f"The end is expected in {about(left_s)}."]
    said = [] if ahead is None else [f"{ahead} ahead"]
    return CheckText(title=_counted("Queued:", said, left_s), summary=" ".join(waits))


def measuring(
    runner: str, *, done: int | None = None, total: int | None = None, left_s: float | None = None
) -> CheckText:
    """Say that *runner* measures now, and of what it has counted how much is done.

    *left_s* is the time in seconds that this is expected to go on; None where nobody knows.
    """
    summary = f"Merge base and head are measured side by side on {code(runner)}."
    return CheckText(title=_progress("Measuring", done, total, left_s), summary=summary)


def _progress(doing: str, done: int | None, total: int | None, left_s: float | None) -> str:
    if done is None or total is None:
        return _counted(f"{doing}:", [], left_s, "left")
    return _counted(doing, [f"{done}/{total}"], left_s, "left")


def _counted(doing: str, said: list[str], left_s: float | None, what: str = "") -> str:
    """Write a title such as ``Queued: 2 ahead, ~18 min``; one without numbers is one word."""
    known = said if left_s is None else [*said, f"{about(left_s)} {what}".rstrip()]
    return f"{doing} {', '.join(known)}" if known else doing.rstrip(":")


def about(seconds: float) -> str:
    """Say roughly how long something takes: in seconds, minutes or hours, rounded up.

    >>> about(41), about(1041), about(8000)
    ('~41 s', '~18 min', '~2.3 h')
    """
    if seconds < _MINUTE_S:
        return f"~{max(1, math.ceil(seconds))} s"
    if seconds < _LONG_S:
        return f"~{math.ceil(seconds / _MINUTE_S)} min"
    return f"~{math.ceil(seconds / _HOUR_S * 10) / 10:g} h"


def confirming(runner: str) -> CheckText:
    """Say that *runner* measures again what another runner found to have regressed."""
    summary = (
        f"One runner found a regression. {code(runner)} measures the same cases again: "
        "the check turns red only where both find it."
    )
    return CheckText(title=f"Confirming on {plain(runner, 40)}", summary=summary)


def no_runner(tags: Sequence[str]) -> CheckText:
    """Say that no live runner has *tags*, and what to start."""
    joined = ",".join(sorted(set(tags)))
    return CheckText(
        title=f"Waiting: no live runner with {joined}",
        summary=(
            f"No runner that is alive has all of the tags {_joined(tags)}. "
            f"Start one with {code(f'highwater runner --tags {joined}')}; the run waits for it."
        ),
    )


def looking() -> CheckText:
    """Say, in the roll-up, that a head has arrived and what to measure of it is being found out."""
    summary = "The declaration at the target branch decides what is measured; it is being read."
    return CheckText(title="Queued", summary=summary)


def running(
    suites: Sequence[str],
    *,
    done: int | None = None,
    total: int | None = None,
    left_s: float | None = None,
) -> CheckText:
    """Say, in the roll-up, which suites are being measured, and how far that is."""
    count = plural(len(suites), "suite")
    names = ", ".join(code(name) for name in suites)
    title = _progress("Measuring", done, total, left_s)
    shown = f"Measuring {count}" if title == "Measuring" else title
    return CheckText(title=shown, summary=f"Measured now: {names}.")


def cancelled(by: str) -> CheckText:
    """Say that a person had the check cancelled; *by* is the name of their account."""
    summary = (
        f"Cancelled by {code(by)}: nothing was decided, which is not a pass. "
        "`/highwater run` in a comment measures this head anew."
    )
    return CheckText(title=f"Cancelled by {plain(by, 40)}", summary=summary)


def closed_meanwhile() -> CheckText:
    """Say that the pull request was closed while its check was running."""
    summary = "The pull request was closed, so its check was ended. Nothing was decided."
    return CheckText(title="Cancelled: the pull request was closed", summary=summary)


def group_gone() -> CheckText:
    """Say that the merge queue gave a group up, or merged it, while its check was running."""
    summary = "The merge queue has no such group any more, so its check was ended."
    return CheckText(title="Superseded: the merge queue went on", summary=summary)


def skipped_suite(name: str) -> CheckText:
    """Say that none of a suite's paths changed."""
    summary = f"None of the paths of {code(name)} changed, so it was not measured."
    return CheckText(title="Skipped: no measured path changed", summary=summary)


def no_suite(kind: VerdictKind, tier: str) -> CheckText:
    """Say, in the roll-up, that a check of that kind and tier has nothing to measure."""
    event = _EVENTS.get(kind, "pull requests")
    summary = (
        f"No suite of the target branch's `.highwater.yml` is for {event} in the {tier} tier "
        "(`when` and `tiers`), so nothing was measured."
    )
    return CheckText(title=f"Skipped: no suite for {event}", summary=summary)


def superseded(by: str) -> CheckText:
    """Say that a newer head, or a newer check of the same head, took over."""
    summary = f"The pull request moved on to {code(by[:SHA])}; its check is the one to read."
    return CheckText(title=f"Superseded by {by[:SHA]}", summary=summary)


def rerun() -> CheckText:
    """Say that a person asked for this head to be measured again."""
    summary = "A new check of the same commit was asked for; it is the one to read."
    return CheckText(title="Superseded by a re-run", summary=summary)


def closed() -> CheckText:
    """Say that a closed pull request is not measured."""
    summary = "The pull request is closed. Reopen it to have it measured."
    return CheckText(title="Not run: the pull request is closed", summary=summary)


def from_fork() -> CheckText:
    """Say that a fork's head is not run."""
    return CheckText(title="From a fork: not run", summary=TRUSTED_ONLY)


def internal_error(cause: str) -> CheckText:
    """Say that our own program failed; *cause*, a delivery or a check, finds it in the log."""
    summary = (
        f"Highwater itself failed; its log has the details under {code(cause)}. "
        "Nothing was decided. Re-run the check, or push again."
    )
    return CheckText(title="Could not measure: internal error", summary=summary)


def set_up_applies_after_merge() -> CheckText:
    """Say that head's proposed ``.highwater.yml`` is valid."""
    summary = (
        "The `.highwater.yml` of this pull request is valid. It applies once it is merged: "
        "what decides is read at the target branch. Nothing was run."
    )
    return CheckText(title="Set-up is valid; it applies after the merge", summary=summary)


def set_up_broken(problem: UserError) -> CheckText:
    """Say what is wrong with the declaration, where, and the remedy."""
    place = "" if problem.where is None else f"{code(str(problem.where))}: "
    summary = f"{place}{prose(problem.problem)}\n\n{prose(problem.remedy)}"
    return CheckText(title="Set-up is broken", summary=summary)


def _joined(tags: Sequence[str]) -> str:
    return ", ".join(code(tag) for tag in sorted(set(tags)))
