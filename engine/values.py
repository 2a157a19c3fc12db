"""Identifiers and closed choices: the words everything else is said in."""

from __future__ import annotations

from enum import StrEnum
from typing import NewType

RepositoryName = NewType("RepositoryName", str)  # owner/name
CommitSha = NewType("CommitSha", str)  # 40 lower-case hex digits
SuiteName = NewType("SuiteName", str)
CaseName = NewType("CaseName", str)
MetricName = NewType("MetricName", str)
CheckId = NewType("CheckId", str)
RunId = NewType("RunId", str)
DeliveryId = NewType("DeliveryId", str)


class Side(StrEnum):
    """Which of the two commits of a pair."""

    BASE = "base"
    HEAD = "head"


class Better(StrEnum):
    """In which direction a metric is better."""

    LOWER = "lower"
    HIGHER = "higher"


class Mode(StrEnum):
    """Whether a sweep's metric is to be maximised or minimised."""

    MAX = "max"
    MIN = "min"


class SuiteKind(StrEnum):
    """What a suite of a guarded repository is."""

    SWEEP = "sweep"
    BENCHMARK = "benchmark"
    OVERHEAD = "overhead"
    COMMAND = "command"


# Kinds whose evidence is launches in pairs, decided by GUARD.
PAIRED_KINDS = frozenset({SuiteKind.BENCHMARK, SuiteKind.OVERHEAD})


class Outcome(StrEnum):
    """The six outcomes of a finding and of a verdict."""

    PASS = "pass"
    IMPROVEMENT = "improvement"
    REGRESSION = "regression"
    INCONCLUSIVE = "inconclusive"
    NO_VERDICT = "no_verdict"
    ERROR = "error"


class ExitCode:
    """Exit codes of every command (contracts: the worst of 1, 4, 3, 0 wins)."""

    WITHIN_BUDGET = 0
    REGRESSION = 1
    USAGE = 2
    CANNOT_TELL = 3
    NO_VERDICT = 4
    COULD_NOT_RUN = 5
