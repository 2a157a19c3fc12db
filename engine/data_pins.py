"""Whether a sweep was run on the data that a stored baseline was measured on."""

from __future__ import annotations

from collections.abc import Mapping

from engine.baselines import BaselineData
from engine.findings import Finding, Reason
from engine.orders import RunReport
from engine.values import Outcome

_SHOWN = 12  # hex digits of a fingerprint that are told


def data_problems(report: RunReport, baselines: Mapping[str, BaselineData]) -> Mapping[str, str]:
    """Say, by baseline, how the data of *report* is other than the one that it pins.

    A baseline that pins nothing, or nothing of a mount, says nothing of it.
    """
    told = {name: _problem(report.data, one.data or {}) for name, one in baselines.items()}
    return {name: problem for name, problem in told.items() if problem}


def data_findings(suite: str, problems: Mapping[str, str]) -> tuple[Finding, ...]:
    """Give a row without verdict for each baseline of other data."""
    return tuple(
        Finding(
            case=suite,
            metric="",
            outcome=Outcome.NO_VERDICT,
            reason=Reason.DATA_CHANGED,
            detail=f"{problem} ({name})",
        )
        for name, problem in sorted(problems.items())
    )


def data_caveats(report: RunReport) -> tuple[str, ...]:
    """Name what was measured on: each mount and the beginning of its fingerprint."""
    if not report.data:
        return ()
    named = ", ".join(f"{name} {found[:_SHOWN]}" for name, found in sorted(report.data.items()))
    return (f"measured on the data mounts {named}",)


def _problem(found: Mapping[str, str], pinned: Mapping[str, str]) -> str:
    parts = (
        f"the data mount {name} {_difference(found.get(name), pin)}"
        for name, pin in sorted(pinned.items())
        if found.get(name) != pin
    )
    return "; ".join(parts)


def _difference(found: str | None, pin: str) -> str:
    if found is None:
        return f"was not measured on, and the baseline pins its content {pin[:_SHOWN]}"
    return f"holds {found[:_SHOWN]}, and the baseline pins {pin[:_SHOWN]}"
