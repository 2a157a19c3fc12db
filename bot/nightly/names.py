"""How the checks of one night are told apart, and what their check runs are called.

A night compares the tip of a branch with what the night before has measured, with the origin
commit of each baseline, and with itself. Its checks' *ref* says which of these a check is.
"""

from __future__ import annotations

import re

from bot.store.check_records import CheckRecord
from engine.values import CommitSha

_SHA = 7
_NULL = "@null"  # two of these cannot be mistaken: no branch's name ends so and holds a commit
_NULL_RUNS = "null runs"
_ASKED = re.compile(r"#[0-9]+")


def ref_of_mark(branch: str, origin: CommitSha) -> str:
    """Give the *ref* of a pairing with a baseline's origin commit.

    >>> ref_of_mark("main", CommitSha("1a2b3c4d" * 5))
    'main@1a2b3c4'
    """
    return f"{branch}@{origin[:_SHA]}"


def ref_of_asked(number: int, origin: CommitSha) -> str:
    """Give the *ref* of a pull request's pairing with an origin.

    >>> ref_of_asked(12, CommitSha("1a2b3c4d" * 5))
    '#12@1a2b3c4'
    """
    return ref_of_mark(f"#{number}", origin)


def ref_of_nulls(branch: str) -> str:
    """Give the *ref* of the null runs of a branch's tip."""
    return f"{branch}{_NULL}"


def is_of_mark(check: CheckRecord) -> bool:
    """Whether a check pairs a branch with the origin commit of a baseline."""
    ref = check.ref or ""
    return check.kind == "nightly" and ref.endswith(f"@{check.base[:_SHA]}")


def is_of_pull_request(check: CheckRecord) -> bool:
    """Whether a pairing is of a pull request's head, which nobody has merged yet."""
    return is_of_mark(check) and _ASKED.fullmatch(branch_of(check)) is not None


def is_null(check: CheckRecord) -> bool:
    """Whether a check measures a commit against itself."""
    return check.kind == "nightly" and (check.ref or "").endswith(_NULL)


def branch_of(check: CheckRecord) -> str:
    """Name the branch that a check of a night is of."""
    ref = check.ref or check.base_ref
    return ref.rpartition("@")[0] if is_of_mark(check) or is_null(check) else ref


def beside(check: CheckRecord) -> str:
    """Say what tells the check runs of a check from those of the same night's others."""
    if is_null(check):
        return f" {_NULL_RUNS}"
    return f" against {check.base[:_SHA]}" if is_of_mark(check) else ""


def null_run_name(suite: str, runner: str) -> str:
    """Name the check run of one null run.

    >>> null_run_name("core", "bench-a")
    'highwater / null run of core on bench-a'
    """
    return f"highwater / null run of {suite} on {runner}"
