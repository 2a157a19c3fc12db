"""The commands that a report names: they run as they stand, and compare the same two sides."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from engine.configuration import check_name
from engine.findings import SuiteVerdict, Verdict
from engine.reports.escape import code
from engine.reports.wording import SHA

COMMAND = 400  # characters of a command that are shown


def check_command(verdict: Verdict, suites: Sequence[SuiteVerdict]) -> str:
    """Give the command that repeats the check of *suites* on one's own machine.

    Of a pull request it names both commits. On a laptop it is the one that was asked for, so that
    a branch is taken as it is by then; unknown, the target against whatever is there now.
    """
    named = [part for suite in suites for part in ("--suite", suite.suite)]
    return shlex.join(("highwater", "check", *_sides(verdict), *named))


def check_label(suite: SuiteVerdict) -> str:
    """Name a suite's check run as code."""
    return code(check_name(suite.suite, suite.tags), 160)


def base_name(verdict: Verdict) -> str:
    """Say what the base is: the merge base, or where a baseline comes from."""
    return "the baseline's commit" if is_of_a_baseline(verdict) else "merge base"


def is_of_a_baseline(verdict: Verdict) -> bool:
    """Whether the base is where a stored baseline comes from, and no merge base."""
    return any(part.endswith(".json") for part in _base_asked(verdict))


def _sides(verdict: Verdict) -> tuple[str, ...]:
    if verdict.pull_request is not None:
        return ("--base", verdict.base[:SHA], "--head", verdict.head[:SHA])
    return verdict.asked or ("--base", verdict.target[:SHA])


def _base_asked(verdict: Verdict) -> tuple[str, ...]:
    return verdict.asked[1:2] if verdict.asked[:1] == ("--base",) else ()
