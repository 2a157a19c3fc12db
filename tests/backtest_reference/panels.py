"""Bars of any kind, by hypothesis: on a coarse tick or a ladder, with gaps and missing bars."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine.backtest.bars import Bars

LONGEST, WIDEST = 48, 20
CENTRE = 64.0


def walk(generator: np.random.Generator, *, gaps: bool, holes: float) -> Bars:
    """Give LONGEST bars of WIDEST assets on a tick of 1 around CENTRE, longest prefix alike."""
    shape = (LONGEST, WIDEST)
    steps = generator.integers(-3, 4, shape)
    jumps = generator.integers(-6, 7, shape) * (generator.random(shape) < 0.3) * gaps
    close = CENTRE + np.clip(np.cumsum(steps + jumps, axis=0), -40, 40)
    before = np.vstack([np.full((1, WIDEST), CENTRE), close[:-1]])
    opened = np.clip(before + jumps, CENTRE - 44, CENTRE + 44)
    high = np.maximum(opened, close) + generator.integers(0, 4, shape)
    low = np.minimum(opened, close) - generator.integers(0, 4, shape)
    missing = generator.random(shape) < holes
    prices = [np.where(missing, np.nan, one) for one in (opened, high, low, close)]
    return of_prices(*prices)


def of_prices(*prices: NDArray[np.float64]) -> Bars:
    """Give daily bars of open, high, low and close, each ``[T, N]``."""
    opened, high, low, close = (np.ascontiguousarray(one, dtype=np.float64) for one in prices)
    return Bars(
        times=np.datetime64("2020-01-01") + np.arange(len(close)),
        symbols=tuple(f"S{n}" for n in range(close.shape[1])),
        open=opened,
        high=high,
        low=low,
        close=close,
    )


def cut(bars: Bars, length: int, assets: slice) -> Bars:
    """Give the first *length* bars of some *assets*, in C order."""
    rows = (bars.open, bars.high, bars.low, bars.close)
    made = of_prices(*(one[:length, assets] for one in rows))
    return replace(made, symbols=bars.symbols[assets])


def mirrored(bars: Bars) -> Bars:
    """Turn prices round the centre, p -> 2c - p: highs become lows."""
    turn = 2 * CENTRE
    return replace(
        bars,
        open=turn - bars.open,
        high=turn - bars.low,
        low=turn - bars.high,
        close=turn - bars.close,
    )


def stretched(bars: Bars) -> Bars:
    """Put prices on a ladder of the steps 1, 1.5, 2, 3, 4, …: levels of a half fall on prices."""

    def on_ladder(prices: NDArray[np.float64]) -> NDArray[np.float64]:
        step = np.floor((prices - CENTRE) / 3)
        return 16 * np.exp2(np.floor(step / 2)) * np.where(step % 2 == 1, 1.5, 1.0)

    rows = (bars.open, bars.high, bars.low, bars.close)
    return replace(of_prices(*(on_ladder(one) for one in rows)), symbols=bars.symbols)


@st.composite
def panels(draw: st.DrawFn, *, widths: tuple[int, int], ladder: bool) -> Bars:
    """Bars of 1 to LONGEST times and some assets, some turned round, some with holes."""
    generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    holes = draw(st.sampled_from([0.0, 0.0, 0.1, 0.5]))
    bars = walk(generator, gaps=draw(st.booleans()), holes=holes)
    width = draw(st.integers(*widths))
    length = draw(st.integers(1, LONGEST) | st.just(LONGEST) | st.just(LONGEST))
    bars = cut(bars, length, slice(0, width))
    bars = mirrored(bars) if draw(st.booleans()) else bars
    return stretched(bars) if ladder else bars
