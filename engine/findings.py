"""Findings and verdicts as values: what was decided and the numbers that decided it.

How they read is the business of ``engine.reports``; how they come about, of ``engine.verdicts``.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

import msgspec

from engine.overrides import Override, OverrideKind
from engine.quality import Quality
from engine.values import Better, Outcome, Side, SuiteKind


class Reason(StrEnum):
    """Why a finding has its outcome; worded in ``engine.reports.wording``."""

    OVER_BUDGET = "over_budget"
    OVER_MAX_VALUE = "over_max_value"
    AT_MAX_VALUE = "at_max_value"
    WITHIN_BUDGET = "within_budget"
    SUCCEEDED = "succeeded"
    REAL_BUT_SMALL = "real_but_small"
    BETTER = "better"
    NOT_WORSE = "not_worse"
    CANNOT_TELL = "cannot_tell"
    AT_THE_BUDGET = "at_the_budget"
    TOO_FEW_PAIRS = "too_few_pairs"
    TIME_CAP = "time_cap"
    SCREENED = "screened"
    NOISY = "noisy"
    UNSTEADY = "unsteady"
    STOLEN = "stolen"
    QUARANTINED = "quarantined"
    HALVES_DIFFER = "halves_differ"
    FAMILY = "family"
    HOSTS_DISAGREE = "hosts_disagree"
    RESULT_CHANGED = "result_changed"
    TIME_ELSEWHERE = "time_elsewhere"
    MEASUREMENT_CHANGED = "measurement_changed"
    OWN_COPY = "own_copy"
    NEW_IN_HEAD = "new_in_head"
    MISSING_IN_HEAD = "missing_in_head"
    NOT_MEASURED = "not_measured"
    OUT_OF_TIME = "out_of_time"
    DATA_CHANGED = "data_changed"
    NOT_COMPARABLE = "not_comparable"
    METRIC_DROP = "metric_drop"
    P90_OVER = "p90_over"
    SUCCESS_UNDER = "success_under"
    BEHAVIOUR_CHANGED = "behaviour_changed"
    MEDIAN_DROP = "median_drop"
    NOT_REPRODUCIBLE = "not_reproducible"
    NOT_DETERMINISTIC = "not_deterministic"
    LOOK_AHEAD = "look_ahead"
    BASE_FAILED = "base_failed"
    FAILED = "failed"
    INVALID = "invalid"
    INFRASTRUCTURE = "infrastructure"


class Also(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Another statistic of the same launches, or another clock: shown, decides nothing."""

    name: str  # mean, p95, wall, cpu
    change: float  # fractions of the base, with their 99 % interval
    low: float
    high: float


class Elsewhere(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The same case on a second runner with the same tags."""

    runner: str
    cpu: str
    outcome: Outcome
    change: float | None = None
    low: float | None = None
    high: float | None = None
    pairs: int | None = None


class Finding(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One comparison judged; without *case* it is about the suite as a whole.

    ``change``, ``low`` and ``high`` are fractions of the base for benchmarks (99 % interval)
    and absolute differences for a sweep's metrics, without interval unless they are the mean over
    ``seeds``; they are of head against base whatever the direction. ``limit`` is the budget as it
    was written: a worsening on the same scale, never negative. ``bound`` is an absolute bound on
    head. None: absent.
    """

    case: str
    metric: str
    outcome: Outcome
    reason: Reason
    unit: str = ""
    better: Better | None = None
    base: float | None = None
    head: float | None = None
    change: float | None = None
    low: float | None = None
    high: float | None = None
    limit: float | None = None
    bound: float | None = None
    pairs: int | None = None
    further_pairs: int | None = None
    smallest_visible: float | None = None  # a fraction of the base
    low95: float | None = None  # the repeated 95 % interval, on the scale of change
    high95: float | None = None
    deciding_low: float | None = None  # of a pass: the narrower interval that decided it
    deciding_high: float | None = None
    p: float | None = None  # one-sided, for worse, over all looks; of what may turn a check red
    family: int | None = None  # so many comparisons of the check share the level of p
    clock: Literal["cpu", "wall"] | None = None  # of a time: which clock decided
    statistic: Literal["level", "mean"] = "level"  # of a launch
    whole_suite: bool = False  # the paired mean over the suite's cases
    advisory: bool = False  # among many, likely worse (Benjamini-Hochberg at 5 %); not red
    also: tuple[Also, ...] = ()
    elsewhere: Elsewhere | None = None
    budget_path: tuple[str, ...] = ()  # key path in the file that holds the budget
    caveats: tuple[str, ...] = ()
    points: int | None = None  # of a sweep: so many of *points_of* are meant, instead of a case
    points_of: int | None = None
    selected: str = ""  # of points: the one of them that the sweep of a side that has it selected
    seeds: int | None = None  # of a sweep: the change is the mean over so many pairs of seeds
    step: str = ""  # of an error: what was being done
    ending: str = ""  # of a step that ran: how it ended, as a verb ("ended with status 2")
    side: Side | None = None  # of an error: on which commit
    detail: str = ""  # text of the repository's own making: escaped wherever it is shown
    override: OverrideKind | None = None  # it covers this row; the verdict has all of them


class BesideLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The same rule against a stored baseline: shown beside the verdict, changes nothing."""

    name: str  # the baseline's scenario, or its file
    metric: str
    passed: bool | None  # None: could not be compared, for *problems*
    stored: float | None = None
    head: float | None = None
    limit: float | None = None
    git_sha: str | None = None
    problems: tuple[str, ...] = ()


class Behaviour(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Whether the points of a sweep did bit for bit the same on both commits.

    ``signed`` names what the signatures cover, each kind once; ``points`` how many have one on
    both sides, ``changed`` which of those differ, ``unsigned`` how many have none on a side.
    ``other_metrics`` names those whose signatures are equal and whose metrics are not;
    ``added`` is how many points head alone has.
    """

    signed: tuple[str, ...]
    points: int
    changed: tuple[str, ...] = ()
    other_metrics: tuple[str, ...] = ()
    unsigned: int = 0
    added: int = 0

    @property
    def unchanged(self) -> bool:
        """Whether every point of both sides is known to be bit-equal, its metrics too."""
        differ = self.changed or self.other_metrics or self.unsigned or self.added
        return self.points > 0 and not differ


class Problem(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Wrong input that stopped a check before anything ran, as its author must see it."""

    problem: str
    remedy: str
    file: str | None = None
    line: int | None = None
    field: str | None = None


class NullRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The measured false alarms of a runner and suite: *alarms* of *comparisons* of null runs."""

    alarms: int
    comparisons: int
    at_most: float  # upper 95 % limit of the rate, a fraction
    days: int  # that the comparisons go back, at most


class SuiteVerdict(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """All findings of one suite on one platform, and one outcome; *reason* is the worst one's."""

    suite: str
    kind: SuiteKind
    tags: tuple[str, ...]
    run: str
    outcome: Outcome
    reason: Reason | None = None
    findings: tuple[Finding, ...]
    expected: int | None = None  # how many cases or points were expected
    measured: int = 0  # how many of the expected were compared
    beside: tuple[BesideLine, ...] = ()
    behaviour: Behaviour | None = None
    quality: Quality | None = None  # of a sweep: what stands beside its verdict
    method: str = ""
    looks: tuple[int, ...] = ()  # numbers of pairs at which rows are decided; empty: not known
    caveats: tuple[str, ...] = ()
    null_record: NullRecord | None = None  # None: not measured yet
    certified: bool = False  # spreads of former sessions took part
    second_runner: str | None = None  # that confirmed, or did not; None: one runner measured
    uncontrolled: tuple[str, ...] = ()  # what of the machine could not be held still
    pair_s: float | None = None  # what one pair of launches took, both sides together
    runner: str | None = None
    platform: str | None = None
    cpu: str | None = None
    fingerprint: str | None = None
    output_tail: str = ""
    budget_file: str | None = None
    spec_file: str | None = None
    strategy: str | None = None  # of a sweep by spec: its function, as FILE:NAME
    measuring: tuple[str, ...] = ()  # globs of the files that measure


VerdictKind = Literal[
    "pull_request", "merge_group", "push", "nightly", "promotion", "laptop", "actions"
]


class Verdict(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """All findings of a check, one outcome; *reason* is the worst suite's.

    Unless *kind* says otherwise, a check without a pull request was made on a laptop.
    """

    schema_version: Literal[1] = 1
    check: str
    repository: str
    pull_request: int | None
    head: str
    base: str  # the merge base, which was measured
    target: str  # the commit that suites, budgets and baselines were read at
    policy: str | None  # the commit that the policy was read at
    outcome: Outcome
    reason: Reason | None = None
    suites: tuple[SuiteVerdict, ...]
    skipped: tuple[str, ...] = ()  # suites none of whose paths changed
    problem: Problem | None = None  # what kept the check from running at all
    asked: tuple[str, ...] = ()  # of a check on a laptop: its --base and --head, as arguments
    created_utc: str
    inconclusive_fails: bool = False
    kind: VerdictKind = "pull_request"
    overrides: tuple[Override, ...] = ()  # that were in force, whether they cover a row or not

    def __post_init__(self) -> None:
        """Tell a laptop's check, of which nobody says so, by its lack of a pull request."""
        if self.kind == "pull_request" and self.pull_request is None:
            msgspec.structs.force_setattr(self, "kind", "laptop")
