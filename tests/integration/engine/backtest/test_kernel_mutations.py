"""The comparison with the reference has teeth: each planted fault of the kernel is seen.

A copy of the kernel's sources is changed in one place, imported beside the true ones and run in
plain Python. Where a text is no longer found, the kernel has moved on: plant the same fault in
its new place.
"""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path as FilePath

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

import engine.backtest
from engine.backtest.results import Backtest
from engine.backtest.run import Path
from tests.backtest_reference.columns import differences
from tests.backtest_reference.engines import by_reference, setup_of
from tests.backtest_reference.scenarios import Scenario, scenarios

ENGINE = FilePath(engine.backtest.__path__[0])
COPIED = re.compile(r"\bengine\.backtest\.(kernels|run|stepper)\b")
RUNS = 600

Kernel = Callable[[Scenario], Backtest]
Loader = Callable[..., Kernel]  # of a fault, or of none


@dataclass(frozen=True)
class Fault:
    """In *module* the text *old*, which stands there once, becomes *new*."""

    name: str
    module: str
    old: str
    new: str


FAULTS = (
    Fault(
        "the target before the stop of one bar",
        "closing",
        "book.knobs[GAP_FIRST] != 0",
        "book.knobs[GAP_FIRST] >= 0",
    ),
    Fault(
        "the target before the stop within one bar",
        "closing",
        "stops = worst <= stop\n",
        "stops = worst <= stop and best < target\n",
    ),
    Fault(
        "the high of the bar itself for the trail",
        "narrow",
        '    """Take a held asset through its bar."""\n',
        "    low, high = book.low[t, n], book.high[t, n]\n"
        "    move_levels(book, n) if book.knobs[MOVES] != 0 else trail(book, n, low, high)\n",
    ),
    Fault(
        "a fill at the close in the place of the next open",
        "narrow",
        "fill_queue(book, book.open)",
        "fill_queue(book, book.close)",
    ),
    Fault("a gap filled at the level", "closing", "price, flags = opened,", "price, flags = stop,"),
    Fault("a stop that must be passed", "closing", "worst <= stop", "worst < stop"),
    Fault("a target that must be passed", "closing", "elif best >= target", "elif best > target"),
    Fault("levels always live on the fill bar", "closing", "if not is_live(book, n):", "if False:"),
    Fault("slippage in favour", "fills", "price * (1.0 + slippage) if buys", "price if buys"),
    Fault("slippage out of the bar", "fills", "if worse < book.low[t, n]:", "if False:"),
    Fault("profit before fees", "fills", "left.part * side - fees", "left.part * side"),
    Fault(
        "the whole fees for a part", "fills", "cold[n, FEES] * (left.part / held)", "cold[n, FEES]"
    ),
    Fault(
        "lots rounded up",
        "fills",
        "float(math.floor(units / lot))",
        "float(math.ceil(units / lot))",
    ),
    Fault(
        "shorts without margin",
        "orders",
        "2.0 * cold[n, ENTRY] * abs",
        "1.0 * cold[n, ENTRY] * abs",
    ),
    Fault("no cut to cash", "orders", "    if cost <= free:\n", "    if True:\n"),
    Fault("a fraction of cash", "orders", "amount * book.worth[n]", "amount * book.cash[n]"),
    Fault(
        "an entry on the bar of a stop",
        "orders",
        "return book.knobs[FILL_AT_CLOSE] != 0 and ",
        "return book.knobs[FILL_AT_CLOSE] > 1 and ",
    ),
    Fault("a time exit one bar later", "narrow", "t >= book.due[n]", "t > book.due[n]"),
    Fault(
        "excursions by the close",
        "narrow",
        "book.peak[n] = high",
        "book.peak[n] = book.close[t, n]",
    ),
    Fault(
        "levels that loosen",
        "levels",
        "    if level > cold[n, column]:\n",
        "    if level == level:\n",
    ),
    Fault("targets that move away", "levels", "if level < cold[n, column]:", "if level == level:"),
    Fault(
        "the range of the fill bar",
        "levels",
        "cold[n, RANGE] = range_at(book, order_bar, n)",
        "cold[n, RANGE] = range_at(book, book.counts[NOW], n)",
    ),
    Fault(
        "the regime of the fill bar",
        "levels",
        "regime_at(book, order_bar, n)",
        "regime_at(book, book.counts[NOW], n)",
    ),
    Fault(
        "a tightest stop that takes all for long",
        "levels",
        "return 1.0 if book.quantity[n] > 0.0 else -1.0",
        "return 1.0",
    ),
    Fault(
        "a dynamic trail that does not tighten",
        "levels",
        "table[regime, RULE_TIGHTEN] * bars",
        "table[regime, RULE_TIGHTEN] * 0.0",
    ),
)


@pytest.fixture(scope="module")
def known() -> list[tuple[Scenario, Backtest]]:
    """Some backtests and what the reference makes of them."""
    drawn: list[tuple[Scenario, Backtest]] = []

    @seed(2)
    @settings(
        max_examples=RUNS,
        deadline=None,
        phases=[Phase.generate],
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(scenarios())
    def collect(scenario: Scenario) -> None:
        drawn.append((scenario, by_reference(scenario)))

    collect()
    return drawn


@pytest.fixture
def with_fault(
    tmp_path: FilePath, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Kernel]]:
    """Give a function that imports a copy of the kernel with a fault, or with none."""
    package = "kernels_of_" + re.sub(r"\W", "_", tmp_path.name)
    monkeypatch.syspath_prepend(tmp_path)

    def load(fault: Fault | None = None) -> Kernel:
        copied(tmp_path / package, fault)
        run = importlib.import_module(f"{package}.run").run

        def kernel(scenario: Scenario) -> Backtest:
            bars, signals = scenario.case.bars, scenario.signals
            found: Backtest = run(bars, signals, setup_of(scenario), path=Path.PYTHON)
            return found

        return kernel

    yield load
    for name in [name for name in sys.modules if name.split(".")[0] == package]:
        del sys.modules[name]


def copied(folder: FilePath, fault: Fault | None) -> None:
    """Write the kernel's sources to *folder* as a package of its name, the fault in them."""
    (folder / "kernels").mkdir(parents=True)
    for source in [ENGINE / "run.py", ENGINE / "stepper.py", *(ENGINE / "kernels").glob("*.py")]:
        text = source.read_text(encoding="utf-8")
        if fault is not None and source.stem == fault.module:
            assert text.count(fault.old) == 1, f"{source}: {fault.old!r} is no longer there once"
            text = text.replace(fault.old, fault.new)
        text = COPIED.sub(rf"{folder.name}.\1", text)
        target = folder / source.relative_to(ENGINE)
        target.write_text(text, encoding="utf-8")


def test_the_copy_without_a_fault_is_the_reference(
    with_fault: Loader, known: list[tuple[Scenario, Backtest]]
) -> None:
    kernel = with_fault()
    assert all(differences(kernel(scenario), expected) == [] for scenario, expected in known)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_planted_fault_is_seen(
    fault: Fault,
    with_fault: Loader,
    known: list[tuple[Scenario, Backtest]],
) -> None:
    kernel = with_fault(fault)
    assert any(differences(kernel(scenario), expected) for scenario, expected in known)
