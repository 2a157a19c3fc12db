"""The key ``risk`` of a spec: rules as a person writes them, and the rules that they mean."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from engine.backtest.bar_rows import PRICES
from engine.backtest.data_spec import Columns, DataSpec, Name, Text
from engine.backtest.risk.regimes import UNKNOWN, RegimeSeries
from engine.backtest.risk.rules import (
    DynamicTrailingStop,
    RegimeDependentRule,
    Rule,
    StopLoss,
    TakeProfit,
    TimeBasedExit,
    TrailingStop,
    VolatilityScaledStopLoss,
)
from engine.mounts import MountName

Share = Annotated[float, msgspec.Meta(gt=0, lt=1)]
Positive = Annotated[float, msgspec.Meta(gt=0)]
NotNegative = Annotated[float, msgspec.Meta(ge=0)]
Count = Annotated[int, msgspec.Meta(ge=1, le=10_000_000)]
Switch = Literal["entry", "current"]

_HOUR_NS, _DAY_NS = 3600 * 10**9, 24 * 3600 * 10**9


@dataclass(frozen=True, slots=True)
class Readings:
    """A loaded series: ``times`` in UTC, strictly ascending, and ``values``, NaN for none."""

    times: NDArray[np.datetime64]
    values: NDArray[np.float64]


class _Spec(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    priority: int = 0


class StopLossSpec(_Spec, frozen=True, kw_only=True):
    """Of ``StopLoss``."""

    fraction: Share


class TakeProfitSpec(_Spec, frozen=True, kw_only=True):
    """Of ``TakeProfit``."""

    fraction: Positive


class TimeBasedExitSpec(_Spec, frozen=True, kw_only=True):
    """Of ``TimeBasedExit``."""

    max_bars: Count


class TrailingStopSpec(_Spec, frozen=True, kw_only=True):
    """Of ``TrailingStop``."""

    fraction: Share


class VolatilityScaledStopLossSpec(_Spec, frozen=True, kw_only=True):
    """Of ``VolatilityScaledStopLoss``."""

    multiple: Positive
    bars: Count = 14
    scale: Switch = "entry"
    ratchet: bool = True


class DynamicTrailingStopSpec(_Spec, frozen=True, kw_only=True):
    """Of ``DynamicTrailingStop``."""

    start: Share
    tighten: NotNegative
    floor: Share

    def __post_init__(self) -> None:
        """Refuse a floor that is farther than the start."""
        if self.floor > self.start:
            message = f"floor {self.floor} is beyond start {self.start}: it tightens to the floor"
            raise ValueError(message)


class SeriesSource(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which ``column`` of which file has a series; all else is as in ``DataSpec``."""

    path: Text | None = None
    column: Name = "close"
    time: Name | None = None
    mount: MountName | None = None
    timezone: Name | None = None
    time_format: Name | None = None
    delimiter: Annotated[str, msgspec.Meta(min_length=1, max_length=1)] = ","

    def __post_init__(self) -> None:
        """Refuse what ``DataSpec`` refuses, such as a path that leads out of the repository."""
        data_spec_of(self)

    @property
    def repository_files(self) -> tuple[str, ...]:
        """Those of the guarded repository: measuring files, the same for both sides."""
        return data_spec_of(self).repository_files


def data_spec_of(source: SeriesSource) -> DataSpec:
    """Say how files of bars are read, of a file whose one column serves for every price."""
    prices = dict.fromkeys(PRICES, source.column)
    return DataSpec(
        path=source.path,
        mount=source.mount,
        columns=Columns(time=source.time, **prices),
        timezone=source.timezone,
        time_format=source.time_format,
        delimiter=source.delimiter,
        repair=("ignore_volume",),
    )


class PlainRuleSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One rule, named by its one key, as it may stand within a regime too."""

    stop_loss: StopLossSpec | None = None
    take_profit: TakeProfitSpec | None = None
    time_based_exit: TimeBasedExitSpec | None = None
    trailing_stop: TrailingStopSpec | None = None
    volatility_scaled_stop_loss: VolatilityScaledStopLossSpec | None = None
    dynamic_trailing_stop: DynamicTrailingStopSpec | None = None

    def __post_init__(self) -> None:
        """Refuse none and several."""
        given = [name for name in self.__struct_fields__ if getattr(self, name) is not None]
        if len(given) != 1:
            allowed = ", ".join(self.__struct_fields__)
            message = f"{len(given)} rules in one item: exactly one key of {allowed}"
            raise ValueError(message)


class RegimeDependentSpec(_Spec, frozen=True, kw_only=True):
    """Of ``RegimeDependentRule``: ``regimes`` has the rules below the first threshold, then on.

    ``unknown`` has those of bars at which no value is known, or one older than ``max_age_days``.
    ``known_after_hours`` is how long after its time a value becomes known (``RegimeSeries``).
    """

    series: SeriesSource
    thresholds: Annotated[tuple[float, ...], msgspec.Meta(min_length=1, max_length=100)]
    regimes: tuple[tuple[PlainRuleSpec, ...], ...]
    unknown: tuple[PlainRuleSpec, ...] = ()
    switch: Switch = "entry"
    may_loosen: bool = False
    max_age_days: Positive | None = None
    known_after_hours: NotNegative | None = None

    def __post_init__(self) -> None:
        """Refuse thresholds out of order, and a number of regimes that they do not make."""
        pairs = zip(self.thresholds, self.thresholds[1:], strict=False)
        if not all(low < high for low, high in pairs):
            message = f"thresholds {self.thresholds} are not in ascending order"
            raise ValueError(message)
        if len(self.regimes) != len(self.thresholds) + 1:
            needed = len(self.thresholds) + 1
            message = f"{len(self.thresholds)} thresholds make {needed} regimes, not as many as "
            raise ValueError(message + f"{len(self.regimes)} lists of rules")


class RuleSpec(PlainRuleSpec, frozen=True, kw_only=True):
    """One item of the list ``risk``."""

    regime_dependent: RegimeDependentSpec | None = None


def series_sources(specs: Iterable[RuleSpec]) -> tuple[SeriesSource, ...]:
    """Give every series that the rules need, once, in the order of the rules."""
    needed = (spec.regime_dependent for spec in specs)
    return tuple(dict.fromkeys(one.series for one in needed if one is not None))


def rules_of(
    specs: Iterable[RuleSpec], series: Mapping[SeriesSource, Readings]
) -> tuple[Rule, ...]:
    """Give the rules that *specs* mean; *series* holds what ``series_sources`` names, loaded."""
    return tuple(_rule(spec, series) for spec in specs)


def _rule(spec: RuleSpec, series: Mapping[SeriesSource, Readings]) -> Rule:
    regimes = spec.regime_dependent
    return _plain(spec) if regimes is None else _regimes(regimes, series[regimes.series])


def _plain(spec: PlainRuleSpec) -> Rule:
    name = next(name for name in _RULES if getattr(spec, name) is not None)
    return _RULES[name](**msgspec.structs.asdict(getattr(spec, name)))


def _regimes(spec: RegimeDependentSpec, readings: Readings) -> RegimeDependentRule:
    numbered = enumerate((spec.unknown, *spec.regimes), UNKNOWN)
    return RegimeDependentRule(
        labels=RegimeSeries(
            times=readings.times,
            values=readings.values,
            thresholds=spec.thresholds,
            known_after=_span(spec.known_after_hours, _HOUR_NS),
            max_age=_span(spec.max_age_days, _DAY_NS),
        ),
        rules={number: tuple(map(_plain, rules)) for number, rules in numbered},
        switch=spec.switch,
        may_loosen=spec.may_loosen,
        priority=spec.priority,
    )


def _span(amount: float | None, unit_ns: int) -> np.timedelta64 | None:
    return None if amount is None else np.timedelta64(round(amount * unit_ns), "ns")


_RULES: dict[str, type[Rule]] = {
    "stop_loss": StopLoss,
    "take_profit": TakeProfit,
    "time_based_exit": TimeBasedExit,
    "trailing_stop": TrailingStop,
    "volatility_scaled_stop_loss": VolatilityScaledStopLoss,
    "dynamic_trailing_stop": DynamicTrailingStop,
}
