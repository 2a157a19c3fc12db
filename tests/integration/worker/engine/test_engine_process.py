"""A strategy of ours runs in a process of its repository's own."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import psutil
import pytest

from engine.backtest.account_terms import AccountTerms, Sizing
from engine.backtest.bars import Bars
from engine.backtest.column_bytes import signature_of
from engine.backtest.costs import Costs
from engine.backtest.forms.evaluation import evaluate
from engine.backtest.forms.strategies import SignalStrategy
from engine.backtest.metrics import metrics_of
from engine.backtest.profiles import PROFILES, ProfileName
from engine.backtest.risk.rule_specs import RuleSpec, StopLossSpec
from engine.backtest.risk.rules import StopLoss
from engine.backtest.setup import Setup
from engine.backtest.signals import Signals
from tests.fakes.engine_processes import CROSSING, LENGTH, bars, job, one, points, process
from worker.engine_protocol import EngineJob


class Known(SignalStrategy):
    """What the file's strategy does, in this process."""

    fast: int = 2
    slow: int = 7

    def signals(self, bars: Bars) -> Signals:
        space: dict[str, Any] = {}
        code = CROSSING.partition("def mean")
        exec(code[1] + code[2], {"np": np}, space)
        above = space["mean"](bars.close, self.fast) > space["mean"](bars.close, self.slow)
        return Signals.of(above, ~above)


@pytest.mark.parametrize("give", ["metrics", "backtests"])
def test_a_point_is_evaluated_as_in_this_process(tmp_path: Path, give: str) -> None:
    found = one(tmp_path, "Crossing", {"slow": 9}, give=give)
    setup = Setup(
        terms=AccountTerms(size=0.3), costs=Costs(fee=0.001), profile=PROFILES[ProfileName.OURS]
    )
    expected = evaluate(Known(slow=9), bars(), setup, (92, LENGTH))
    assert found.status == "ok", found.error
    oos = found.folds[1].oos
    assert len(expected.trades) > 3
    assert oos.metrics == metrics_of(expected, 252.0).values()
    assert oos.signature == signature_of([expected])
    if give == "backtests":
        assert oos.backtest is not None
        assert signature_of([oos.backtest]) == oos.signature
        assert oos.backtest.fills.price.tolist() == expected.fills.price.tolist()
        assert oos.backtest.cash_end == expected.cash_end


@pytest.mark.parametrize("name", ["Crossing", "Breakout", "Rows"])
def test_every_form_trades_in_every_window(tmp_path: Path, name: str) -> None:
    found = one(tmp_path, name, give="backtests", attribute=True)
    assert found.status == "ok", found.error
    for fold in found.folds:
        assert fold.is_ is not None
        for window in (fold.is_, fold.oos):
            assert window.backtest is not None
            assert window.shares is not None
            assert len(window.backtest.fills.bar) > 0
            assert window.shares.hook_calls > 0
            assert window.shares.engine_s > 0


def test_out_of_sample_returns_are_given_one_fewer_than_bars(tmp_path: Path) -> None:
    found = one(tmp_path, "Crossing", give="returns")
    whole = one(tmp_path, "Crossing", give="backtests").folds[0].oos.backtest
    assert found.folds[0].returns is not None
    assert whole is not None
    assert (found.folds[0].returns == whole.equity[1:] / whole.equity[:-1] - 1.0).all()
    assert len(found.folds[0].returns) == 27


def test_rules_of_the_job_stand_beside_those_of_the_strategy(tmp_path: Path) -> None:
    specs = (RuleSpec(stop_loss=StopLossSpec(fraction=0.005)),)
    found = one(tmp_path, "Crossing", risk=specs, give="backtests").folds[1].oos.backtest
    setup = Setup(terms=AccountTerms(size=0.3), costs=Costs(fee=0.001))
    expected = evaluate(Known(), bars(), setup, (92, LENGTH), rules=(StopLoss(0.005),))
    assert found is not None
    assert found.trades.reason.tolist() == expected.trades.reason.tolist()
    assert 3 in found.trades.reason


def test_the_strategy_has_the_seed_of_the_point_where_it_asks_for_one(tmp_path: Path) -> None:
    with process(tmp_path, "Seeded") as made:
        first, second, told = made.evaluate(points({}, {}, {"seed": 0}))
    assert first.folds[1].signature != second.folds[1].signature
    assert first.folds[1].signature == told.folds[1].signature


def test_a_point_does_not_depend_on_those_before_it(tmp_path: Path) -> None:
    with process(tmp_path, "Drawn") as made:
        two = made.evaluate(points({}, {}))
    with process(tmp_path, "Drawn") as made:
        alone = made.evaluate(points({}, {})[1:])
    assert two[1].folds[0].signature == alone[0].folds[0].signature
    assert two[0].folds[0].signature != two[1].folds[0].signature


@pytest.mark.parametrize(
    "kind,said",
    [
        ("raise", 'e.py", line 17, in on_bar'),
        ("raise", "ValueError: as told"),
        ("exit", "SystemExit: 3"),
        ("die", "ended with exit status 5"),
        ("kill", "killed by signal 9"),
    ],
)
def test_a_point_that_fails_says_why_and_the_others_go_on(
    tmp_path: Path, kind: str, said: str
) -> None:
    with process(tmp_path, "Troubled") as made:
        made.evaluate(points({}))  # so that the next chunk may be more than one
        found = made.evaluate(points({}, {"kind": kind}, {}, {}))
    assert [one.status for one in found] == ["ok", "error", "ok", "ok"]
    assert said in (found[1].error or "")


def test_an_error_is_told_from_where_it_left_our_code(tmp_path: Path) -> None:
    error = one(tmp_path, "Troubled", {"kind": "raise"}).error or ""
    assert "/engine/" not in error
    assert str(tmp_path) not in error


def test_a_wrong_parameter_is_told_in_one_line(tmp_path: Path) -> None:
    error = one(tmp_path, "Crossing", {"fats": 3}).error
    assert error == (
        "Crossing has no parameter fats. Its annotated attributes are its parameters: fast, slow."
    )


def test_what_hangs_is_a_timeout_and_so_is_what_comes_after_it(tmp_path: Path) -> None:
    deadline = time.monotonic() + 3
    with process(tmp_path, "Troubled", deadline=deadline) as made:
        found = made.evaluate(points({}, {"kind": "hang"}, {}))
    assert [one.status for one in found] == ["ok", "timeout", "timeout"]


def test_an_interruption_ends_the_process(tmp_path: Path) -> None:
    with process(tmp_path, "Troubled") as made:
        timer = threading.Timer(1.5, made.interrupt)
        timer.start()
        started = time.monotonic()
        found = made.evaluate(points({"kind": "hang"}))
        timer.join()
    assert found[0].status == "error"
    assert time.monotonic() - started < 20
    children = psutil.Process().children(recursive=True)
    assert not [child for child in children if "engine_points.py" in str(child.cmdline())]


def test_prints_do_not_disturb(tmp_path: Path) -> None:
    assert one(tmp_path, "Troubled", {"kind": "print"}).status == "ok"


@pytest.mark.parametrize(
    "name,said",
    [
        ("function", "e.py:function is a function. Name a class that derives from"),
        ("Missing", "e.py:Missing is not there. Name a class"),
        ("Undecided", "e.py:Undecided has no method on_bar. Define on_bar"),
    ],
)
def test_what_is_no_strategy_is_told(tmp_path: Path, name: str, said: str) -> None:
    found = one(tmp_path, name)
    assert (found.status, (found.error or "").startswith(said)) == ("error", True), found.error


def test_chunks_grow_to_about_a_second_of_work(tmp_path: Path) -> None:
    with process(tmp_path, "Crossing") as made:
        first = made.wanted
        made.evaluate(points({}))
        second = made.wanted
        made.evaluate(points(*[{}] * second))
        assert (first, second > 1, made.wanted > second) == (1, True, True)


def test_a_chunk_may_be_longer_than_a_pipe_holds(tmp_path: Path) -> None:
    name = "x" * 200_000
    with process(tmp_path, "Troubled") as made:
        assert made.evaluate(points({"kind": name}))[0].status == "ok"


def test_nothing_is_left_in_the_scratch_folder(tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    found = one(tmp_path, "Crossing", give="backtests", scratch=scratch)
    assert found.status == "ok"
    assert list(scratch.iterdir()) == []


PEEKING = """\
import numpy as np
from highwater import Signals, SignalStrategy, Strategy
class Crossing(SignalStrategy):
    ahead: int = 1
    def signals(self, bars):
        later = np.roll(bars.close, -self.ahead, axis=0)
        later[:max(0, -self.ahead)] = bars.close[0]
        return Signals.of(later > bars.close, later < bars.close)
"""


@pytest.mark.parametrize("ahead,leaks", [(1, True), (-1, False)])
def test_a_strategy_that_looks_ahead_is_found_out(
    tmp_path: Path, ahead: int, *, leaks: bool
) -> None:
    with process(tmp_path, "Crossing", {"s.py": PEEKING}) as made:
        found = made.canary(points({"ahead": ahead})[0], seed=3, cuts=8)
    assert found.status == "ok", found.error
    assert found.canary is not None
    assert (found.canary.leak is not None) is leaks
    assert found.folds == ()


AHEAD_IN_RULES = """\
import numpy as np
from highwater import Signals, SignalStrategy, StopLoss
class Crossing(SignalStrategy):
    def signals(self, bars):
        return Signals.of(np.arange(len(bars.close))[:, None] % 9 == np.zeros(bars.width))
    def rules_for(self, bars):
        return (StopLoss(0.004 if bars.close[-1, 0] > bars.close[0, 0] else 0.02),)
"""


def test_a_rule_that_looks_ahead_is_found_out(tmp_path: Path) -> None:
    with process(tmp_path, "Crossing", {"s.py": AHEAD_IN_RULES}) as made:
        found = made.canary(points({})[0], seed=3, cuts=16)
    assert found.status == "ok", found.error
    assert found.canary is not None
    assert found.canary.leak is not None
    assert found.canary.leak.what == "fill"


def test_the_terms_of_the_account_are_those_of_the_job(tmp_path: Path) -> None:
    terms = AccountTerms(cash=5000, sizing=Sizing.UNITS, size=2)
    run = one(tmp_path, "Crossing", account=terms, give="backtests").folds[0].oos.backtest
    assert run is not None
    assert set(np.abs(run.fills.quantity).tolist()) == {2.0}
    assert run.cash_start == 5000


def test_a_job_is_a_line_that_can_be_read_again(tmp_path: Path) -> None:
    made = job(tmp_path, risk=(RuleSpec(stop_loss=StopLossSpec(fraction=0.1)),))
    assert msgspec.json.decode(msgspec.json.encode(made), type=EngineJob) == made
