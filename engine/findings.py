"""Findings and verdicts as values: what was decided and the numbers that decided it.

How they read is the business of ``engine.reports``; how they come about, of ``engine.verdicts``.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

import msgspec

from engine.values import Outcome, SuiteKind


class Reason(StrEnum):
    """Why a finding has its outcome; worded in ``engine.reports.wording``."""

    OVER_BUDGET = "over_budget"
    OVER_MAX_VALUE = "over_max_value"
    WITHIN_BUDGET = "within_budget"
    BETTER = "better"
    CANNOT_TELL = "cannot_tell"
    AT_THE_BUDGET = "at_the_budget"
    TOO_FEW_PAIRS = "too_few_pairs"
    NEW_IN_HEAD = "new_in_head"
    MISSING_IN_HEAD = "missing_in_head"
    NOT_MEASURED = "not_measured"
    NOT_COMPARABLE = "not_comparable"
    METRIC_DROP = "metric_drop"
    P90_OVER = "p90_over"
    SUCCESS_UNDER = "success_under"
    NOT_DETERMINISTIC = "not_deterministic"
    NO_BASELINE = "no_baseline"
    FAILED = "failed"
    INVALID = "invalid"
    INFRASTRUCTURE = "infrastructure"


class Finding(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One comparison judged.

    ``change``, ``low`` and ``high`` are fractions of the base for benchmarks (99 % interval)
    and absolute differences, without interval, for a sweep's metrics. ``limit`` is the budget
    on the same scale, ``bound`` an absolute bound on head. None: absent.
    """

    case: str
    metric: str
    outcome: Outcome
    reason: Reason
    unit: str = ""
    base: float | None = None
    head: float | None = None
    change: float | None = None
    low: float | None = None
    high: float | None = None
    limit: float | None = None
    bound: float | None = None
    pairs: int | None = None
    further_pairs: int | None = None
    smallest_visible: float | None = None
    budget_path: tuple[str, ...] = ()  # key path in the file that holds the budget
    caveats: tuple[str, ...] = ()
    detail: str = ""  # text of the repository's own making: escaped wherever it is shown


class BesideLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A second opinion shown beside the verdict that changes nothing."""

    title: str
    passed: bool | None  # None: could not be computed
    text: str


class SuiteVerdict(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """All findings of one suite on one platform, and one outcome."""

    suite: str
    kind: SuiteKind
    tags: tuple[str, ...]
    run: str
    outcome: Outcome
    findings: tuple[Finding, ...]
    expected: int | None = None  # how many cases or points were expected
    measured: int = 0
    beside: tuple[BesideLine, ...] = ()
    notes: tuple[str, ...] = ()
    method: str = ""
    caveats: tuple[str, ...] = ()
    runner: str | None = None
    platform: str | None = None
    cpu: str | None = None
    fingerprint: str | None = None
    output_tail: str = ""
    budget_file: str | None = None


class Verdict(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """All findings of a check, one outcome."""

    schema_version: Literal[1] = 1
    check: str
    repository: str
    pull_request: int | None
    head: str
    base: str  # the merge base, which was measured
    target: str  # the commit that suites, budgets and baselines were read at
    policy: str | None  # the commit that the policy was read at
    outcome: Outcome
    suites: tuple[SuiteVerdict, ...]
    skipped: tuple[str, ...] = ()  # suites none of whose paths changed
    created_utc: str
    inconclusive_fails: bool = False
