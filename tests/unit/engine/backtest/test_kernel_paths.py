"""Which way a job takes, and what the kernels refuse."""

from __future__ import annotations

import numpy as np
import pytest

from engine.backtest.kernels import layout
from engine.backtest.kernels.state import Armed, State
from engine.backtest.paths import COMPILED_FROM, NARROW_BELOW, Path, path_for
from engine.backtest.risk.compiled_rules import CompiledRules
from engine.backtest.setup import Setup


@pytest.mark.parametrize(
    "evaluations, width, path",
    [
        (COMPILED_FROM - 1, 1, Path.PYTHON),
        (COMPILED_FROM - 1, NARROW_BELOW, Path.NUMPY),
        (COMPILED_FROM, NARROW_BELOW - 1, Path.NARROW),
        (COMPILED_FROM, NARROW_BELOW, Path.WIDE),
    ],
)
def test_a_job_takes_the_way_of_its_size(evaluations: int, width: int, path: Path) -> None:
    assert path_for(evaluations, width) is path


@pytest.mark.parametrize(
    "rules, armed",
    [
        (None, Armed(rests=False, trails=False, moves=False)),
        (CompiledRules(), Armed(rests=False, trails=False, moves=False)),
        (CompiledRules(max_bars=np.array([3])), Armed(rests=True, trails=False, moves=False)),
        (CompiledRules(trail=np.array([0.1])), Armed(rests=True, trails=True, moves=False)),
        (
            CompiledRules(trail=np.array([0.1]), dyn_start=np.array([0.2])),
            Armed(rests=True, trails=False, moves=True),
        ),
        (CompiledRules(regime_current=True), Armed(rests=True, trails=False, moves=True)),
    ],
)
def test_only_what_is_armed_is_compiled(rules: CompiledRules | None, armed: Armed) -> None:
    assert Armed.by(rules) == armed


def test_records_keep_what_they_hold_when_they_grow() -> None:
    state = State.fresh(Setup(), 10, 1)
    room = int(state.knobs[layout.CAPACITY])
    state.money[:] = 7.0
    state.grow()
    assert state.money.shape[1] == state.whole.shape[1] == 2 * room
    assert np.all(state.money[:, :room] == 7.0)


def test_the_assets_of_a_panel_share_one_account_and_lanes_do_not() -> None:
    shared = State.fresh(Setup(), 1, 3).account
    own = State.fresh(Setup(), 1, 3, lanes=True).account
    assert (shared.shape[1], own.shape[1]) == (1, 3)
