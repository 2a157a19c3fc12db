"""Jobs run by our own kernels, in the profile of the engine that they are compared with."""

from __future__ import annotations

import os

from benchmarks.peers.jobs import CASH, Job, RoundTrips
from engine.backtest.account_terms import AccountTerms, Sizing
from engine.backtest.bars import Bars
from engine.backtest.costs import Costs
from engine.backtest.forms.evaluation import evaluate
from engine.backtest.forms.strategies import AnyStrategy
from engine.backtest.lanes import LaneRuns, Lanes
from engine.backtest.profiles import PROFILES, ProfileName
from engine.backtest.results import Backtest
from engine.backtest.risk.risk_manager import RiskManager
from engine.backtest.risk.rules import Rule, StopLoss, TakeProfit, TrailingStop
from engine.backtest.run import Path, Setup, run
from engine.backtest.signals import Signals
from worker.kernel_cache import kernel_cache

TERMS = AccountTerms(cash=CASH, sizing=Sizing.UNITS, size=1.0)


def use_kernel_cache() -> None:
    """Keep compiled kernels where every process of the user finds them."""
    folder = kernel_cache()
    if folder is not None:
        os.environ.setdefault("NUMBA_CACHE_DIR", str(folder))


def signals(job: Job) -> Signals:
    """Give a job's signals as codes."""
    return Signals.of(
        job.entries, job.exits, short_entries=job.short_entries, short_exits=job.short_exits
    )


def setup(job: Job, profile: ProfileName) -> Setup:
    """Give a job's account, costs and rules."""
    return Setup(
        terms=TERMS,
        costs=Costs(fee=job.fee),
        profile=PROFILES[profile],
        rules=RiskManager(_rules(job)).compiled(job.bars),
    )


def lanes(job: Job, profile: ProfileName, width: int) -> Lanes:
    """Make room for *width* runs at once on a job's bars and terms; no curves are kept."""
    return Lanes(
        job.bars,
        width,
        account=TERMS,
        costs=Costs(fee=job.fee),
        profile=profile,
        rules=_rules(job),
        equity=False,
    )


def run_form(strategy: AnyStrategy, bars: Bars, path: Path) -> Backtest:
    """Run a strategy of any form in our own profile, on the given path."""
    return evaluate(strategy, bars, Setup(terms=TERMS, path=path))


def round_trips(job: Job, profile: ProfileName, path: Path | None = None) -> RoundTrips:
    """Run *job*; what is open at the end is left away."""
    return trips_of(run(job.bars, signals(job), setup(job, profile), path=path))


def trips_of(done: Backtest | LaneRuns) -> RoundTrips:
    """Give the closed trades of a run, or of lanes as if they were assets."""
    trades = done.trades
    return RoundTrips.ordered(
        asset=trades.asset,
        side=trades.side,
        entry_bar=trades.entry_bar,
        entry_price=trades.entry_price,
        exit_bar=trades.exit_bar,
        exit_price=trades.exit_price,
        quantity=trades.quantity,
        pnl=trades.pnl,
    )


def _rules(job: Job) -> list[Rule]:
    kinds = ((StopLoss, job.stop), (TakeProfit, job.target), (TrailingStop, job.trail))
    return [kind(fraction) for kind, fraction in kinds if fraction is not None]
