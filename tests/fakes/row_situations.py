"""Situations made of rows by hand: what only many sessions on two machines would give."""

from __future__ import annotations

from typing import Any

from engine.findings import Also, Elsewhere, NullRecord, Reason, Verdict
from engine.values import Outcome
from tests.fakes.findings import row, suite_of, verdict_of

_CALM: dict[str, Any] = {"change": 0.004, "low": -0.006, "high": 0.014, "head": 0.01004}
_WHOLE: dict[str, Any] = {
    "case": "",
    "metric": "time",
    "clock": None,
    "unit": "",
    "base": None,
    "head": None,
    "whole_suite": True,
    "points": 4,
}


def certified() -> Verdict:
    """Give a regression that two machines found, on a runner with null runs, and rows beside it."""
    second = Elsewhere(
        runner="bench-2",
        cpu="Intel Xeon",
        outcome=Outcome.REGRESSION,
        change=0.045,
        low=0.032,
        high=0.058,
        pairs=12,
    )
    also = (
        Also(name="mean", change=0.041, low=0.01, high=0.072),
        Also(name="p95", change=0.06, low=-0.02, high=0.14),
        Also(name="wall", change=0.04, low=0.02, high=0.06),
    )
    rows = (
        row(
            Reason.OVER_BUDGET, Outcome.REGRESSION, pairs=12, also=also, elsewhere=second, family=5
        ),
        row(
            Reason.REAL_BUT_SMALL,
            Outcome.PASS,
            case="scan",
            change=0.016,
            low=0.002,
            high=0.031,
            deciding_low=0.005,
            deciding_high=0.028,
            advisory=True,
        ),
        row(Reason.SCREENED, Outcome.PASS, case="parse", pairs=None, **_CALM),
        row(Reason.WITHIN_BUDGET, Outcome.PASS, case="load", pairs=8, **_CALM),
        row(Reason.WITHIN_BUDGET, Outcome.PASS, **{**_CALM, **_WHOLE}),
    )
    record = NullRecord(alarms=1, comparisons=3200, at_most=0.00148, days=30)
    return verdict_of(
        suite_of(*rows, null_record=record, certified=True, second_runner="bench-2", expected=4)
    )


def doubts() -> Verdict:
    """Give a row for each reason for which something measured is not decided."""
    elsewhere = Elsewhere(
        runner="bench-2",
        cpu="Intel Xeon",
        outcome=Outcome.PASS,
        change=0.001,
        low=-0.004,
        high=0.006,
        pairs=8,
    )
    fields: dict[Reason, dict[str, Any]] = {
        Reason.NOISY: {},
        Reason.UNSTEADY: {},
        Reason.STOLEN: {},
        Reason.QUARANTINED: {},
        Reason.HALVES_DIFFER: {"further_pairs": 4},
        Reason.FAMILY: {"further_pairs": 4, "family": 40},
        Reason.HOSTS_DISAGREE: {"elsewhere": elsewhere},
        Reason.RESULT_CHANGED: {"change": -0.4, "low": -0.41, "high": -0.39, "head": 0.006},
        Reason.CANNOT_TELL: {"further_pairs": 2447, "low": -0.02, "high": 0.1, "clock": "wall"},
    }
    rows = (row(reason, case=reason.value, **given) for reason, given in fields.items())
    loose = ("address randomisation was on", "stolen time was not seen")
    return verdict_of(suite_of(*rows, uncontrolled=loose, expected=len(fields)))


def measurement_changed() -> Verdict:
    """Give a row whose measuring file head changes, and head's own copy of it beside."""
    kept = row(Reason.MEASUREMENT_CHANGED, Outcome.NO_VERDICT)
    own: dict[str, Any] = {"change": None, "low": None, "high": None, "pairs": None, "limit": None}
    rows = (kept, row(Reason.OWN_COPY, Outcome.NO_VERDICT, smallest_visible=None, **own))
    return verdict_of(suite_of(*rows, expected=1))
