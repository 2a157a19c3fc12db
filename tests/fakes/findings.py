"""Findings made by hand, and the verdict of one suite that has them."""

from __future__ import annotations

from typing import Any

import msgspec

from engine.findings import Finding, Reason, SuiteVerdict, Verdict
from engine.outcomes import decisive, worst_outcome
from engine.values import Better, Outcome, SuiteKind
from engine.verdicts import judge_check
from tests.fakes.evidence import facts


def row(reason: Reason, outcome: Outcome = Outcome.INCONCLUSIVE, **fields: Any) -> Finding:
    """Make a time that rose from 10 to 10.4 ms in 36 pairs, budget 3 %, with fields replaced."""
    values: dict[str, Any] = {
        "case": "decay",
        "metric": "cpu",
        "clock": "cpu",
        "unit": "s",
        "better": Better.LOWER,
        "base": 0.010,
        "head": 0.0104,
        "change": 0.04,
        "low": 0.02,
        "high": 0.06,
        "limit": 0.03,
        "pairs": 36,
        "smallest_visible": 0.021,
        "budget_path": ("default", "time"),
        **fields,
    }
    return Finding(outcome=outcome, reason=reason, **values)


def suite_of(*findings: Finding, **fields: Any) -> SuiteVerdict:
    """Wrap findings as the verdict of the benchmark suite ``core``, with fields replaced."""
    worst = decisive(findings)
    values: dict[str, Any] = {
        "suite": "core",
        "kind": SuiteKind.BENCHMARK,
        "tags": ("linux", "x86_64"),
        "run": "c7-1",
        "outcome": worst_outcome(findings),
        "reason": None if worst is None else worst.reason,
        "findings": findings,
        "method": "minimum of a launch, sequential paired t",
        "runner": "bench-1",
        "cpu": "AMD EPYC",
        "pair_s": 3.0,
        "budget_file": ".highwater.yml",
        **fields,
    }
    return SuiteVerdict(**values)


def verdict_of(*suites: SuiteVerdict, laptop: bool = False) -> Verdict:
    """Join suites to the verdict of a check, on request of no pull request."""
    verdict = judge_check(facts(), suites)
    return msgspec.structs.replace(verdict, pull_request=None) if laptop else verdict
