"""The equity curve as a picture, SVG and PNG: the same curve, the same bytes on every run.

matplotlib is imported when the first picture is drawn. Its own fonts are used under a name of
ours, so that no font of the machine takes their place.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Times = NDArray[np.datetime64]

MAX_POINTS = 2400  # two for each pixel across, at the size that it is seen at
_WIDE = 10.0  # highest / lowest, from which on the scale is logarithmic

_DAY = np.timedelta64(1, "D")
_FONT = "Highwater Sans"
_INK, _MUTED, _GRID = "#1f2933", "#52606d", "#e4e7eb"
_LINE, _LOSS, _REFERENCE, _OUTSIDE = "#0b69a3", "#ba2525", "#9aa5b1", "#f0b429"
_STYLE: Mapping[str, Any] = {
    "axes.axisbelow": True,
    "axes.edgecolor": _REFERENCE,
    "axes.grid": True,
    "axes.labelcolor": _MUTED,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlecolor": _INK,
    "figure.dpi": 100,
    "font.family": _FONT,
    "font.size": 10.0,
    "grid.color": _GRID,
    "grid.linewidth": 0.8,
    "legend.frameon": False,
    "path.simplify": True,
    "savefig.dpi": 100,
    "svg.fonttype": "path",
    "svg.hashsalt": "highwater",
    "xtick.color": _MUTED,
    "ytick.color": _MUTED,
}
_FORMATS: Mapping[str, Mapping[str, Any]] = {
    "svg": {"metadata": {"Date": None, "Creator": None}},
    "png": {"metadata": {"Software": None}, "dpi": 150},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """What is drawn: the equity ``[T]`` at *times* (UTC, ascending) of an account with *start*.

    *outside* are the spans of time that nothing was fitted on; they are shaded. *held* is the
    worth of *start* in the assets themselves, each with the same share: a line to compare with.
    """

    times: Times
    equity: Floats
    start: float
    title: str
    subtitle: str = ""
    outside: tuple[tuple[np.datetime64, np.datetime64], ...] = ()
    held: Floats | None = None


def equity_plots(curve: Curve) -> dict[str, bytes]:
    """Draw *curve* above its drawdown; gives ``equity.svg`` and ``equity.png``."""
    import matplotlib as mpl  # noqa: PLC0415
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415
    from matplotlib.figure import Figure  # noqa: PLC0415

    with _own_style(mpl):
        figure = Figure(figsize=(10, 6), facecolor="white", layout="constrained")
        FigureCanvasAgg(figure)
        _draw(figure, _thinned(curve))
        return {f"equity.{kind}": _saved(figure, kind) for kind in _FORMATS}


@contextmanager
def _own_style(mpl: Any) -> Iterator[None]:
    """Draw as matplotlib comes, with our style, whatever a matplotlibrc of the machine says."""
    import matplotlib.style  # noqa: PLC0415
    from matplotlib import font_manager  # noqa: PLC0415

    file = Path(mpl.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
    entry = font_manager.FontEntry(fname=str(file), name=_FONT, style="normal", weight=400)
    known = font_manager.fontManager.ttflist
    if entry not in known:
        known.append(entry)
    with matplotlib.style.context(["default", dict(_STYLE)]):
        yield


def _saved(figure: Any, kind: str) -> bytes:
    sink = io.BytesIO()
    figure.savefig(sink, format=kind, **_FORMATS[kind])
    return sink.getvalue()


def _draw(figure: Any, curve: Curve) -> None:
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=[3, 1])
    figure.get_layout_engine().set(h_pad=0.06, w_pad=0.06, hspace=0.02)
    _draw_equity(above, curve)
    _draw_drawdown(below, curve)
    for axes in (above, below):
        for first, last in curve.outside:
            axes.axvspan(first, last, color=_OUTSIDE, alpha=0.13, linewidth=0)
        axes.tick_params(length=0)
        axes.margins(x=0.01)
    figure.align_ylabels()
    if curve.outside or curve.held is not None:
        above.legend(handles=_legend(curve), loc="upper left", fontsize=9, labelcolor=_MUTED)
    above.set_title(curve.title, loc="left", fontsize=14, pad=24)
    above.annotate(
        curve.subtitle,
        (0, 1),
        xytext=(0, 8),
        xycoords="axes fraction",
        textcoords="offset points",
        color=_MUTED,
        va="bottom",
    )


def _draw_equity(axes: Any, curve: Curve) -> None:
    from matplotlib.ticker import (  # noqa: PLC0415
        FuncFormatter,
        LogLocator,
        MaxNLocator,
        NullLocator,
    )

    if curve.held is not None:
        axes.plot(curve.times, curve.held, color=_REFERENCE, linewidth=1.0)
    axes.axhline(curve.start, color=_REFERENCE, linewidth=0.8, linestyle=(0, (4, 3)))
    dot = "o" if len(curve.equity) == 1 else None  # a line takes two
    axes.plot(curve.times, curve.equity, color=_LINE, linewidth=1.5, marker=dot)
    if dot:
        axes.set_xlim(curve.times[0] - _DAY, curve.times[0] + _DAY)
    if _is_wide(curve):
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0), numticks=12))
        axes.yaxis.set_minor_locator(NullLocator())
    else:
        axes.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _place: f"{value:,.10g}"))
    axes.set_ylabel("equity (log scale)" if _is_wide(curve) else "equity")


def _is_wide(curve: Curve) -> bool:
    """Whether so much was gained or lost that the early moves of a linear scale are a flat line."""
    drawn = curve.equity if curve.held is None else np.concatenate([curve.equity, curve.held])
    low, high = float(drawn.min()), float(drawn.max())
    return low > 0 and high < np.inf and high >= _WIDE * low


def _draw_drawdown(axes: Any, curve: Curve) -> None:
    from matplotlib import dates  # noqa: PLC0415
    from matplotlib.ticker import FuncFormatter, MaxNLocator  # noqa: PLC0415

    highest = np.maximum(np.maximum.accumulate(curve.equity), curve.start)
    depth = curve.equity / highest - 1
    axes.fill_between(curve.times, depth, 0, color=_LOSS, alpha=0.25, linewidth=0)
    axes.plot(curve.times, depth, color=_LOSS, linewidth=0.9)
    axes.yaxis.set_major_locator(MaxNLocator(3, steps=[1, 2, 2.5, 5, 10]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _place: f"{value * 100:.10g} %"))
    axes.set_ylabel("drawdown")
    axes.set_ylim(top=0)
    untyped: Any = dates
    locator = untyped.AutoDateLocator(tz=UTC, minticks=5, maxticks=13)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(untyped.ConciseDateFormatter(locator, tz=UTC))


def _legend(curve: Curve) -> list[Any]:
    from matplotlib.lines import Line2D  # noqa: PLC0415
    from matplotlib.patches import Patch  # noqa: PLC0415

    handles: list[Any] = [Line2D([], [], color=_LINE, linewidth=1.5, label="strategy")]
    if curve.held is not None:
        handles.append(Line2D([], [], color=_REFERENCE, linewidth=1.0, label="buy and hold"))
    if curve.outside:
        handles.append(Patch(color=_OUTSIDE, alpha=0.25, linewidth=0, label="out of sample"))
    return handles


def _thinned(curve: Curve) -> Curve:
    """Keep of each of many equal stretches its first and last bar, and each line's extremes."""
    length = len(curve.equity)
    if length <= MAX_POINTS:
        return curve
    drawn = [curve.equity] if curve.held is None else [curve.equity, curve.held]
    edges = np.linspace(0, length, MAX_POINTS // (2 + 2 * len(drawn)) + 1).astype(np.int64)
    kept: set[int] = set()
    for first, end in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        kept |= {first, end - 1}
        for part in (line[first:end] for line in drawn):
            kept |= {first + int(part.argmin()), first + int(part.argmax())}
    places = np.array(sorted(kept))
    return Curve(
        times=curve.times[places],
        equity=curve.equity[places],
        start=curve.start,
        title=curve.title,
        subtitle=curve.subtitle,
        outside=curve.outside,
        held=None if curve.held is None else curve.held[places],
    )
