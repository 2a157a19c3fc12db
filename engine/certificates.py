"""What is known of a runner from null runs: base against base, so that every alarm is false."""

from __future__ import annotations

from typing import Annotated

import msgspec

from engine.values import Outcome

Positive = Annotated[float, msgspec.Meta(gt=0.0)]
NotNegative = Annotated[float, msgspec.Meta(ge=0.0)]
Count = Annotated[int, msgspec.Meta(ge=0)]


class CaseCertificate(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One metric of one case on one runner.

    ``pair_sd`` is the robust sd of ln(head/base) of a pair, from the last ``sessions`` (at most
    20) null sessions, ``launch_sd`` that of ln(level) of a launch: larger where the launches of a
    pair share what makes launches differ. ``drift`` is the sd of ln(level) between sessions, net
    of the reference kernel's (None: one session). ``level`` is the geometric mean of the launch
    levels of the last 4 sessions, in the metric's unit, at the reference kernel's level
    ``reference_s``; ``level_launches`` went into it (None: that kernel ran in fewer sessions).
    """

    case: str
    metric: str
    pair_sd: Positive
    sessions: Annotated[int, msgspec.Meta(ge=1)]
    launch_sd: Positive | None = None
    drift: NotNegative | None = None
    level: Positive | None = None
    level_launches: Count | None = None
    reference_s: Positive | None = None


class Certificate(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """All that null runs showed of one suite on one runner.

    ``alarms`` of ``comparisons`` in the last 30 days were not a pass or inconclusive;
    ``quarantined``: the exact lower 95 % limit of that rate over the 30 days before the newest
    session exceeds 0.5 %.
    """

    runner: str
    fingerprint: str
    cases: tuple[CaseCertificate, ...]
    comparisons: Count
    alarms: Count
    quarantined: bool = False


class NullComparison(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One metric of one case in one null session."""

    case: str
    metric: str
    outcome: Outcome
    pairs: Count
    pair_sd: Positive | None = None
    launch_sd: Positive | None = None  # of ln(level), over all launches of both sides
    level: Positive | None = None  # their geometric mean, outliers pulled in
    launches: Count = 0


class NullSession(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One null run of one suite on one runner."""

    session: str
    repository: str
    suite: str
    runner: str
    fingerprint: str
    commit: str
    measured_utc: str
    reference_s: Positive | None = None
    comparisons: tuple[NullComparison, ...]
