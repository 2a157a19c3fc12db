"""Our profiles against the installed peers, trade by trade: bars, prices, units and profit.

vectorbt and backtesting.py to the last bit, backtrader to 1e-9 of the notional. What a peer cannot
do is not compared: vectorbt has no time exit and no fixed and trailing stop together,
backtesting.py no trailing stop of its own, backtrader's trailing stop follows closes. Slippage is
left out as well: none of them clamps a slipped price to the bar, and vectorbt's targets slip.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from types import ModuleType

import numpy as np
import pytest

from benchmarks.peers import with_backtesting, with_backtrader, with_highwater, with_vectorbt
from benchmarks.peers.jobs import Job, differences
from benchmarks.peers.workloads import crosses, random_bars, w2
from engine.backtest.bars import Bars
from engine.backtest.profiles import ProfileName
from tests.fakes.market_bars import REAL, real_bars

Rules = dict[str, float]
Wants = Callable[..., Job]
KINDS = 5  # of a signal: nothing, enter or leave, long or short
STOPS = [
    {},
    {"stop": 0.04},
    {"target": 0.08},
    {"stop": 0.04, "target": 0.08},
    {"stop": 0.02, "target": 0.02},
    {"stop": 0.006, "target": 0.006},
]
TRAILS = [{"trail": 0.03}, {"trail": 0.05, "target": 0.08}, {"trail": 0.01, "target": 0.01}]
PANELS = {
    "smooth": {"tick": 0.01, "gap": 0.0},
    "gaps": {"tick": 0.01, "gap": 0.03},
    "coarse tick": {"tick": 1.0, "gap": 0.01},
}


def panel(name: str, length: int, width: int) -> Bars:
    return random_bars(11, length, width, **PANELS[name])


def with_holes(bars: Bars) -> Bars:
    """Take one bar in twenty away, none of them the first."""
    missing = np.random.default_rng(3).random(bars.close.shape) < 0.05
    missing[0] = False
    names = ("open", "high", "low", "close")
    return replace(bars, **{name: np.where(missing, np.nan, getattr(bars, name)) for name in names})


def crossing(bars: Bars, **rules: float) -> Job:
    """Long while the fast average is above the slow one."""
    entries, exits = crosses(bars.close, 5, 15)
    return Job(bars=bars, entries=entries, exits=exits, **rules)  # type: ignore[arg-type]


def reversing(bars: Bars, **rules: float) -> Job:
    """Long or short, never flat but for stops and targets."""
    job = crossing(bars, **rules)
    return replace(job, short_entries=job.exits, short_exits=job.entries)


def drawn(bars: Bars, **rules: float) -> Job:
    """One signal at most at each close, drawn: repeated entries and exits of nothing too."""
    kinds = np.random.default_rng(5).integers(0, 3 * KINDS, bars.close.shape)
    kinds[0] = 0  # not every engine hears signals of the first bar
    marks = [kinds == kind for kind in range(1, KINDS)]
    return Job(
        bars=bars,
        entries=marks[0],
        exits=marks[1],
        short_entries=marks[2],
        short_exits=marks[3],
        **rules,  # type: ignore[arg-type]
    )


SIGNALS = [crossing, reversing, drawn]


@pytest.mark.parametrize("name", PANELS)
@pytest.mark.parametrize("signals", SIGNALS)
@pytest.mark.parametrize("rules", [*STOPS, *TRAILS], ids=str)
def test_a_panel_trades_as_in_vectorbt(name: str, signals: Wants, rules: Rules) -> None:
    job = signals(panel(name, 400, 20), **rules)
    theirs = with_vectorbt.round_trips(job)
    assert len(theirs) > 200
    ours = with_highwater.round_trips(job, ProfileName.VECTORBT)
    assert differences(ours, theirs) == []


@pytest.mark.parametrize("signals", SIGNALS)
@pytest.mark.parametrize("rules", [*STOPS, *TRAILS], ids=str)
def test_a_panel_with_missing_bars_trades_as_in_vectorbt(signals: Wants, rules: Rules) -> None:
    job = signals(panel("gaps", 400, 10), **rules)
    job = replace(job, bars=with_holes(job.bars))
    theirs = with_vectorbt.round_trips(job)
    assert len(theirs) > 100
    ours = with_highwater.round_trips(job, ProfileName.VECTORBT)
    assert differences(ours, theirs) == []


@pytest.mark.parametrize("name", PANELS)
@pytest.mark.parametrize("signals", SIGNALS)
@pytest.mark.parametrize("rules", STOPS, ids=str)
def test_a_panel_trades_as_in_backtesting_py(name: str, signals: Wants, rules: Rules) -> None:
    job = signals(panel(name, 500, 2), **rules)
    theirs = with_backtesting.round_trips(job)
    assert len(theirs) > 30
    ours = with_highwater.round_trips(job, ProfileName.BACKTESTING)
    assert differences(ours, theirs) == []


@pytest.mark.parametrize("name", PANELS)
@pytest.mark.parametrize("signals", SIGNALS)
@pytest.mark.parametrize("rules", STOPS, ids=str)
def test_a_panel_trades_as_in_backtrader(name: str, signals: Wants, rules: Rules) -> None:
    job = signals(panel(name, 400, 1), **rules)
    theirs = with_backtrader.round_trips(job)
    assert len(theirs) > 10
    ours = with_highwater.round_trips(job, ProfileName.BACKTRADER)
    assert differences(ours, theirs, relative=1e-9) == []


def test_both_engines_of_vectorbt_say_the_same() -> None:
    job = crossing(panel("gaps", 300, 5), stop=0.04, target=0.08)
    rust, numba = (with_vectorbt.round_trips(job, engine) for engine in ("rust", "numba"))
    assert differences(rust, numba) == []


def test_the_big_panel_trades_as_in_vectorbt_on_every_path() -> None:
    job = w2()
    theirs = with_vectorbt.round_trips(job)
    assert len(theirs) > 3000
    for path in ("numpy", "wide", "narrow"):
        ours = with_highwater.round_trips(job, ProfileName.VECTORBT, path)
        assert differences(ours, theirs) == []


@pytest.mark.parametrize("name", REAL)
@pytest.mark.parametrize("signals", SIGNALS)
@pytest.mark.parametrize("rules", [*STOPS[1:4], *TRAILS[:2]], ids=str)
def test_real_bars_trade_as_in_vectorbt(name: str, signals: Wants, rules: Rules) -> None:
    job = signals(real_bars(name), **rules)
    theirs = with_vectorbt.round_trips(job)
    assert len(theirs) > 100
    ours = with_highwater.round_trips(job, ProfileName.VECTORBT)
    assert differences(ours, theirs) == []


@pytest.mark.parametrize("name", REAL)
@pytest.mark.parametrize("signals", [reversing, drawn])
def test_real_bars_trade_as_in_backtesting_py(name: str, signals: Wants) -> None:
    job = signals(real_bars(name), stop=0.04, target=0.08)
    theirs = with_backtesting.round_trips(job)
    assert len(theirs) > 300
    ours = with_highwater.round_trips(job, ProfileName.BACKTESTING)
    assert differences(ours, theirs) == []


@pytest.mark.parametrize("name", REAL)
def test_real_bars_trade_as_in_backtrader(name: str) -> None:
    job = reversing(real_bars(name), stop=0.04, target=0.08)
    theirs = with_backtrader.round_trips(job)
    assert len(theirs) > 300
    ours = with_highwater.round_trips(job, ProfileName.BACKTRADER)
    assert differences(ours, theirs, relative=1e-9) == []


def test_fees_are_those_of_backtesting_py_to_the_last_bit() -> None:
    job = reversing(panel("gaps", 500, 2), stop=0.04, target=0.08, fee=0.001)
    ours = with_highwater.round_trips(job, ProfileName.BACKTESTING)
    assert differences(ours, with_backtesting.round_trips(job)) == []


@pytest.mark.parametrize(
    "profile,peer",
    [(ProfileName.VECTORBT, with_vectorbt), (ProfileName.BACKTRADER, with_backtrader)],
)
def test_fees_of_other_engines_agree_to_rounding(profile: ProfileName, peer: ModuleType) -> None:
    job = reversing(panel("gaps", 400, 1), stop=0.04, target=0.08, fee=0.001)
    ours = with_highwater.round_trips(job, profile)
    assert differences(ours, peer.round_trips(job), relative=1e-9) == []


def test_every_profile_trades_otherwise_than_the_next() -> None:
    """A comparison that no profile could fail would say nothing."""
    job = reversing(panel("gaps", 500, 3), stop=0.04, target=0.08)
    names = [
        ProfileName.VECTORBT,
        ProfileName.BACKTESTING,
        ProfileName.BACKTRADER,
        ProfileName.OURS,
    ]
    found = [with_highwater.round_trips(job, name) for name in names]
    assert all(differences(one, other, relative=1e-9) for one, other in pairwise(found))


def test_a_peer_that_cannot_do_a_job_says_so() -> None:
    job = crossing(panel("smooth", 50, 1), stop=0.04, trail=0.04)
    for peer in (with_vectorbt, with_backtesting, with_backtrader):
        with pytest.raises(ValueError, match="stop"):
            peer.round_trips(job)
