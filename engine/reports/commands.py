"""The commands that a report names: they run as they stand, and compare the same two sides."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from engine.commands import Verb, written
from engine.configuration import check_name
from engine.findings import SuiteVerdict, Verdict
from engine.reports.escape import code
from engine.reports.wording import SHA

COMMAND = 400  # characters of a command that are shown
_BASES = {"merge_group": "the queue's base", "push": "before the push", "nightly": "base"}


def check_command(verdict: Verdict, suites: Sequence[SuiteVerdict]) -> str:
    """Give the command that repeats the check of *suites* on one's own machine.

    Of a check on a forge it names both commits. On a laptop it is what was asked for, so that
    a branch is taken as it is by then; unknown, the target against whatever is there now.
    """
    named = [part for suite in suites for part in ("--suite", suite.suite)]
    return shlex.join(("highwater", "check", *_sides(verdict), *named))


def is_stored(verdict: Verdict) -> bool:
    """Whether a bot keeps the samples, so that ``replay`` and a re-run know of them."""
    return verdict.kind not in {"laptop", "actions"}


def hears_commands(verdict: Verdict) -> bool:
    """Whether somebody reads commands beside the verdict: in a pull request of the bot's."""
    return verdict.pull_request is not None and is_stored(verdict)


def check_label(suite: SuiteVerdict) -> str:
    """Name a suite's check run as code."""
    return code(check_name(suite.suite, suite.tags), 160)


def more_pairs(verdict: Verdict, suite: SuiteVerdict) -> str:
    """Name what goes on with a suite's undecided rows, as code or by its button."""
    if hears_commands(verdict):
        return code(written(Verb.MORE, suite=suite.suite), COMMAND)
    if is_stored(verdict):
        return f"*Re-run* of the check {check_label(suite)}"
    return code(check_command(verdict, (suite,)), COMMAND)


def base_name(verdict: Verdict) -> str:
    """Say what the base is: the merge base, what was there before, or where a baseline is from."""
    if is_of_a_baseline(verdict):
        return "the baseline's commit"
    return _BASES.get(verdict.kind, "merge base")


def is_of_a_baseline(verdict: Verdict) -> bool:
    """Whether the base is where a stored baseline comes from, and no merge base."""
    return any(part.endswith(".json") for part in _base_asked(verdict))


def _sides(verdict: Verdict) -> tuple[str, ...]:
    if verdict.kind != "laptop":
        return ("--base", verdict.base[:SHA], "--head", verdict.head[:SHA])
    return verdict.asked or ("--base", verdict.target[:SHA])


def _base_asked(verdict: Verdict) -> tuple[str, ...]:
    return verdict.asked[1:2] if verdict.asked[:1] == ("--base",) else ()
