"""What the keys of a sweep's spec mean, for the reference page."""

from __future__ import annotations

from collections.abc import Mapping

_FRACTION = "Share of the basis price, such as `0.05`."
_PRIORITY = "Of several rules that decide at once, the lower number wins."
_ENGINE = "Class: "

SPEC_MEANINGS: Mapping[str, Mapping[str, str]] = {
    "SweepSpec": {
        "strategy": "The function to call or the class to run, as `path/to/file.py:name` from the "
        "repository's root.",
        "grid": "The values of each parameter; every combination is one point. Exactly one of "
        "`grid` and `random`.",
        "random": "Points that are drawn, instead of a grid.",
        "metric": "The metric to rank by, in-sample.",
        "mode": "Whether more of it is better (`max`) or less (`min`).",
        "seed": "Every point's own seed is derived from it.",
        "data": "Function: files that it reads, one path or a list. Class: the bars, as a path, a "
        "list of paths, a mapping of symbols to paths or in the form below. Both sides get the "
        "merge base's copy.",
        "split": _ENGINE + "how the bars are cut into in-sample and out-of-sample windows. Without "
        "it: in halves.",
        "costs": _ENGINE + "what trading costs. Without it: nothing.",
        "account": _ENGINE + "cash, and how orders are sized. Without it: its defaults.",
        "profile": _ENGINE + "when and at which price orders are filled. Without it: `ours`.",
        "risk": _ENGINE + "rules beside the strategy's own, each a mapping with one key.",
        "periods_per_year": _ENGINE + "how many bars a year has. Without it: read off the times "
        "of daily bars of a market with weekends, of weekly and of monthly bars.",
        "jobs": "Processes at a time. Without it: as many as the machine allows.",
    },
    "RandomSearch": {
        "n": "How many different points.",
        "space": "For each parameter a list of values or a range.",
    },
    "Range": {
        "int": "First and last of the integers that may be drawn.",
        "float": "Bounds of the numbers that may be drawn, kept to 12 digits.",
        "log": "Draw floats evenly in their logarithms.",
    },
    "Split": {
        "folds": "How many steps the walk forward has; the bars are cut into one block more.",
        "embargo": "Bars after each in-sample window that are in neither window.",
        "window": "`anchored`: in-sample from the first bar on. `rolling`: one block.",
    },
    "DataSpec": {
        "path": "One file, CSV or Parquet. Exactly one of `path`, `paths` and `assets`; none where "
        "the mount is a file.",
        "paths": "Files of one asset each, named by the file.",
        "assets": "Files by symbol.",
        "mount": "A data mount of the machine; paths are from its root then.",
        "columns": "Columns that are called otherwise.",
        "symbol_column": "The column that says of which asset a row is.",
        "timezone": "IANA name of the zone of times that name none; days need none.",
        "ambiguous": "What a local time means that happens twice.",
        "time_format": "Form of the times as in Python's `strptime`. Without it: ISO 8601.",
        "delimiter": "Between the columns of a CSV file.",
        "adjusted": "Scale all prices by adjusted close / close.",
        "repair": "What may be done to wrong rows; without it they are refused.",
        "from": "First day or time of the bars that are used, UTC.",
        "until": "Last one.",
    },
    "Columns": {
        "time": "The bar's time.",
        "open": "Its opening price.",
        "high": "Its highest price.",
        "low": "Its lowest price.",
        "close": "Its closing price.",
        "adjusted_close": "The closing price after splits and dividends.",
        "volume": "What was traded.",
    },
    "Costs": {
        "fee": "Share of each fill's notional.",
        "fee_fixed": "Money a fill.",
        "slippage": "Share of the price, adverse, of market and stop fills.",
    },
    "AccountTerms": {
        "cash": "Money at the start.",
        "sizing": "What an order's size is: units, money, or a share of the equity at the signal.",
        "size": "Size of an order that names none.",
        "lot": "Units are rounded down to its multiples. Without it: fractions of a unit.",
        "beyond_cash": "What becomes of an order that free cash cannot pay.",
        "currency_digits": "Precision of the money that is reported.",
    },
    "RuleSpec": {
        "stop_loss": "Leave when the price has moved so far against the position.",
        "take_profit": "Leave when it has moved so far in its favour.",
        "time_based_exit": "Leave after so many bars.",
        "trailing_stop": "Follow the best price since the fill.",
        "volatility_scaled_stop_loss": "Rest some average true ranges away.",
        "dynamic_trailing_stop": "Follow the best price ever closer.",
        "regime_dependent": "Other rules in other regimes of a series, such as a volatility index.",
    },
    "StopLossSpec": {"priority": _PRIORITY, "fraction": _FRACTION},
    "TakeProfitSpec": {"priority": _PRIORITY, "fraction": _FRACTION},
    "TimeBasedExitSpec": {"priority": _PRIORITY, "max_bars": "Bars held."},
    "TrailingStopSpec": {"priority": _PRIORITY, "fraction": "How far behind, as a share."},
    "VolatilityScaledStopLossSpec": {
        "priority": _PRIORITY,
        "multiple": "How many average true ranges.",
        "bars": "Bars that the range is averaged over (Wilder).",
        "scale": "The range at the entry, or that of each close.",
        "ratchet": "A level of the current range never loosens.",
    },
    "DynamicTrailingStopSpec": {
        "priority": _PRIORITY,
        "start": "How far behind at first, as a share.",
        "tighten": "How much closer with each bar held.",
        "floor": "How close at most.",
    },
    "RegimeDependentSpec": {
        "priority": _PRIORITY,
        "series": "Where the series is.",
        "thresholds": "Ascending values that divide the regimes.",
        "regimes": "Rules below the first threshold, from it on, and so on.",
        "unknown": "Rules where no value is known.",
        "switch": "The regime at the entry, or that of each close.",
        "may_loosen": "Whether a level may loosen when the regime switches.",
        "max_age_days": "How old a value may be to count as known.",
        "known_after_hours": "How long after its time a value becomes known.",
    },
    "SeriesSource": {
        "path": "The file, CSV or Parquet.",
        "column": "The column of its values.",
        "time": "The column of its times, if it is called otherwise.",
        "mount": "A data mount of the machine; the path is from its root then.",
        "timezone": "IANA name of the zone of times that name none.",
        "time_format": "Form of the times as in Python's `strptime`.",
        "delimiter": "Between the columns of a CSV file.",
    },
}

SPEC_SECTIONS = (
    ("Sweep spec", "SweepSpec"),
    ("`random` of a sweep spec", "RandomSearch"),
    ("Range of a parameter", "Range"),
    ("`split` of a sweep spec", "Split"),
    ("`data` of a class's spec", "DataSpec"),
    ("`data.columns`", "Columns"),
    ("`costs` of a class's spec", "Costs"),
    ("`account` of a class's spec", "AccountTerms"),
    ("One rule of `risk`", "RuleSpec"),
    ("`stop_loss`", "StopLossSpec"),
    ("`take_profit`", "TakeProfitSpec"),
    ("`time_based_exit`", "TimeBasedExitSpec"),
    ("`trailing_stop`", "TrailingStopSpec"),
    ("`volatility_scaled_stop_loss`", "VolatilityScaledStopLossSpec"),
    ("`dynamic_trailing_stop`", "DynamicTrailingStopSpec"),
    ("`regime_dependent`", "RegimeDependentSpec"),
    ("`regime_dependent.series`", "SeriesSource"),
)
