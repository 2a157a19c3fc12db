"""The look-ahead canary of a sweep's strategy as a finding: a leak is red, whatever it earns."""

from __future__ import annotations

from engine.backtest.leaks import Canary
from engine.findings import Finding, Reason
from engine.orders import SweepEvidence
from engine.values import Outcome, Side


def leak_findings(suite: str, evidence: SweepEvidence) -> tuple[Finding, ...]:
    """Give the red row of a strategy that reads ahead on head; none where it does not."""
    found = evidence.canary
    if found is None or found.leak is None:
        return ()
    as_before = evidence.canary_base is not None and evidence.canary_base.leak is not None
    row = Finding(
        case=suite,
        metric="",
        outcome=Outcome.REGRESSION,
        reason=Reason.LOOK_AHEAD,
        side=Side.HEAD,
        detail=told(found),
        caveats=("the merge base's strategy looks ahead, too",) if as_before else (),
    )
    return (row,)


def canary_caveats(evidence: SweepEvidence) -> tuple[str, ...]:
    """Say what of the canary is not known, and what it was tried on."""
    found = evidence.canary
    return () if found is None or found.leak is not None else (without_leak(found),)


def without_leak(found: Canary) -> str:
    """Say what is known of a strategy in which no leak was found: was it tried at all, and how."""
    if not found.reproducible:
        return "look-ahead not tested: the same bars gave other decisions the second time"
    if found.failed:
        return "look-ahead not tested: the strategy failed, or was stopped, when it was tried"
    return _passed(found)


_UNMOVED = "none depends on prices or volumes, or the strategy's file keeps what it computed"


def _passed(canary: Canary) -> str:
    if not canary.cuts:
        return "look-ahead not tested: too few bars, or no returns by day"
    cuts = "1 cut" if canary.cuts == 1 else f"{canary.cuts} cuts"
    if not canary.moved:
        return f"no look-ahead in {cuts}, but altered bars changed no decision at all: {_UNMOVED}"
    if canary.means == "left_out":
        return f"no look-ahead in {cuts}: without later bars, earlier returns and trades bit-equal"
    return f"no look-ahead in {cuts}: later bars altered, earlier decisions and fills bit-equal"


def told(canary: Canary) -> str:
    """Say where the leak of *canary* is; it has one."""
    leak = canary.leak
    if leak is None:
        return "nothing leaks"
    altered = canary.means == "altered"
    what, done = (leak.what, "altered") if altered else ("return or trade", "left out")
    whose = f" ({leak.symbol})" if leak.symbol else ""
    return (
        f"the first {what} found is that of {leak.date}{whose}, which changes when bars after "
        f"{leak.unaltered_until} are {done}"
    )
