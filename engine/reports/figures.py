"""Numbers as people read them: few digits, one unit a pair, a sign where it matters."""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec

from engine.findings import Also, Elsewhere, Finding
from engine.reports.escape import word
from engine.units import BYTES, SECONDS, readable

ABSENT = "\N{EN DASH}"
ARROW = "→"
MINUS = "\N{MINUS SIGN}"
_SIGNS = f"+{MINUS}"
_FACTORS = {"s": SECONDS, "B": BYTES}
_HUGE = 1e6
_LARGEST_GROUPED = 1e12
_SMALLEST_FIXED = 1e-4
_WRITTEN = 12  # digits: all that a person wrote, none of what a conversion added
_MOST_DECIMALS = 9
_ROUNDING = 1e-9


def percent(fraction: float, decimals: int = 1) -> str:
    """Write a change, a fraction, as a signed number of percent without the sign of percent.

    >>> percent(0.432), percent(0.0), percent(-0.021) == f"{MINUS}2.1"
    ('+43.2', '0.0', True)
    """
    value = 100 * fraction
    if abs(value) >= _HUGE:
        return f"{value:+.2g}".replace("-", MINUS)
    text = f"{value:+.{decimals}f}".replace("-", MINUS)
    return text[1:] if not text.strip(f"{_SIGNS}0.") else text


def change_with_interval(finding: Finding) -> str:
    """Write a change with its 99 % interval; without an interval there is no percentage.

    >>> from engine.findings import Reason
    >>> from engine.values import Outcome
    >>> finding = Finding(case="c", metric="wall", outcome=Outcome.REGRESSION,
    ...     reason=Reason.OVER_BUDGET, change=0.432, low=0.401, high=0.465)
    >>> change_with_interval(finding)
    '+43.2 % (+40.1 to +46.5 %)'
    """
    change, low, high = finding.change, finding.low, finding.high
    if change is None or low is None or high is None:
        return ABSENT
    decimals = _places(finding)
    shown = [percent(value, decimals) for value in (change, low, high)]
    return f"{shown[0]} % ({shown[1]} to {shown[2]} %)"


def interval(finding: Finding) -> str | None:
    """Write the 99 % interval alone; None where there is none."""
    low, high = finding.low, finding.high
    if finding.change is None or low is None or high is None:
        return None
    decimals = _places(finding)
    return f"{percent(low, decimals)} to {percent(high, decimals)} %"


def alongside(finding: Finding, other: Also | Elsewhere) -> str:
    """Write another change of the same case with its 99 % interval; empty where it has none."""
    if other.change is None or other.low is None or other.high is None:
        return ""
    changed = {"change": other.change, "low": other.low, "high": other.high}
    return change_with_interval(msgspec.structs.replace(finding, **changed))


def deciding(finding: Finding) -> str:
    """Write the narrower interval that decided a pass, told apart from the budget."""
    low, high = finding.deciding_low, finding.deciding_high
    if low is None or high is None:
        return ""
    return interval(msgspec.structs.replace(finding, low=low, high=high)) or ""


def magnitude(finding: Finding) -> str:
    """Write the size of a change without its sign, to stand beside its interval."""
    return percent(finding.change or 0.0, _places(finding)).lstrip(_SIGNS) + " %"


def allowance(fraction: float) -> str:
    """Write a budget that is a fraction.

    >>> allowance(0.1), allowance(0.005)
    ('10 %', '0.5 %')
    """
    return f"{100 * fraction:.3g} %"


def upper(fraction: float) -> str:
    """Write an upper limit with two digits, rounded up: it must hold as it is shown.

    >>> upper(0.00141), upper(0.05), upper(0.0)
    ('0.15 %', '5 %', '0 %')
    """
    percents = 100 * fraction
    if percents <= 0:
        return "0 %"
    step = 10.0 ** (math.floor(math.log10(percents)) - 1)
    return f"{math.ceil(percents / step - _ROUNDING) * step:.6g} %"


def spread(fraction: float) -> str:
    """Write a half width.

    >>> spread(0.0163)
    '±1.6 %'
    """
    return f"±{percent(fraction, _decimals(fraction, 0.0)).lstrip(_SIGNS)} %"


def amount(value: float, unit: str) -> str:
    """Write one quantity; a unit of the repository's own making is made harmless."""
    if unit in _FACTORS:
        return readable(value, unit).replace("-", MINUS)
    return f"{number(value, 4)} {word(unit)}" if unit else number(value, 4)


def written(value: float, unit: str) -> str:
    """Write a bound or an allowance as people wrote it: with all of its digits, in a fitting unit.

    >>> written(0.0705, "s"), written(60.04, "s"), written(0.05, "")
    ('70.5 ms', '60.04 s', '0.05')
    """
    factor, name = _scale(abs(value), unit)
    return f"{number(value / factor, _WRITTEN)} {name}".strip()


def number(value: float, digits: int) -> str:
    """Write a number with *digits* significant digits, whole thousands grouped.

    >>> number(1.5204, 3), number(12345.6, 3), number(999.7, 3), number(0.0, 3)
    ('1.52', '12,346', '1,000', '0')
    """
    if not _SMALLEST_FIXED <= abs(value) < _LARGEST_GROUPED:
        return f"{value:.{digits}g}".replace("-", MINUS)
    rounded = abs(float(f"{value:.{digits - 1}e}"))  # first: 999.7 has a digit more afterwards
    decimals = max(0, digits - 1 - math.floor(math.log10(rounded)))
    text = f"{value:,.{decimals}f}".replace("-", MINUS)
    return text.rstrip("0").rstrip(".") if "." in text else text


def from_to(finding: Finding) -> str:
    """Write base → head in one unit, told apart from each other and from the absolute bound.

    >>> from engine.findings import Reason
    >>> from engine.values import Outcome
    >>> finding = Finding(case="c", metric="wall", outcome=Outcome.PASS,
    ...     reason=Reason.WITHIN_BUDGET, unit="s", base=0.0104, head=0.0149)
    >>> from_to(finding)
    '10.4 → 14.9 ms'
    """
    base, head = finding.base, finding.head
    if base is None or head is None:
        return ABSENT
    factor, unit = _scale(max(abs(base), abs(head)), finding.unit)
    bound = () if finding.bound is None else (finding.bound / factor,)
    before, after = told_apart((base / factor, head / factor), bound)
    return f"{before} {ARROW} {after} {unit}".strip()


def told_apart(values: Sequence[float], others: Sequence[float] = ()) -> tuple[str, ...]:
    """Write numbers with the same decimals: three digits at least, more until they differ.

    They also come to differ from *others*, which are written elsewhere.

    >>> told_apart((1.52, 1.31)), told_apart((1.52, 1.5204)), told_apart((50.0, 60.04), (60.0,))
    (('1.52', '1.31'), ('1.5200', '1.5204'), ('50.00', '60.04'))
    """
    everything = (*values, *others)
    differing = len(set(everything))
    largest = max(map(abs, values))
    texts = [_alike(everything, largest, digits) for digits in range(3, 18)]
    told = next((one for one in texts if len(set(one)) == differing), texts[0])
    return told[: len(values)]


def difference(finding: Finding) -> str:
    """Write an absolute change of a sweep's metric, with its sign, told apart from its limit."""
    change = finding.change
    if change is None:
        return ABSENT
    sign = "+" if change > 0 else MINUS if change < 0 else ""
    size, limit = abs(change), finding.limit
    if finding.unit in _FACTORS or limit is None or size == limit:
        return sign + amount(size, finding.unit)
    texts = (number(size, digits) for digits in range(4, 18))
    told = next((text for text in texts if text != number(limit, _WRITTEN)), number(size, 17))
    return f"{sign}{told} {word(finding.unit) if finding.unit else ''}".strip()


def changed(finding: Finding) -> str:
    """Write the change as tables show it; a sweep's was seen once a side and has no interval.

    Unless it is the mean over pairs of seeds: then both are in the metric's own unit.
    """
    if finding.seeds is not None:
        return f"{difference(finding)}{_ends(finding)}, {finding.seeds} pairs of seeds"
    if is_exact(finding):
        return f"{difference(finding)}, one sweep a side"
    return change_with_interval(finding)


def is_exact(finding: Finding) -> bool:
    """Whether the change is in the metric's own unit, computed or over seeds: no fraction."""
    if finding.seeds is not None:
        return finding.change is not None
    sampled = finding.low is not None or finding.pairs is not None
    return finding.change is not None and not sampled


def _ends(finding: Finding) -> str:
    if finding.low is None or finding.high is None:
        return ""
    low, high = (difference(_changed_to(finding, end)) for end in (finding.low, finding.high))
    return f" ({low} to {high})"


def _changed_to(finding: Finding, value: float) -> Finding:
    return msgspec.structs.replace(finding, change=value)


def distance(finding: Finding) -> str:
    """Write an absolute change of a sweep's metric without its sign."""
    return difference(finding).lstrip(_SIGNS)


def _decimals(change: float, width: float) -> int:
    """As many decimals as leave two digits of the interval's width, from one to three."""
    reference = 100 * (width if width > 0 else abs(change))
    if reference >= 1 or reference == 0:
        return 1
    return min(3, 1 + math.ceil(-math.log10(reference)))


def _places(finding: Finding) -> int:
    """As many decimals of percent as also tell the interval's ends from the budget and from 0."""
    change, low, high = finding.change or 0.0, finding.low or 0.0, finding.high or 0.0
    least = _decimals(change, high - low)
    limit = finding.limit or 0.0
    bounds = {limit, -limit / (1 + limit), *((0.0,) if low * high > 0 else ())}
    pairs = [(end, bound) for end in (low, high) for bound in bounds if end != bound]
    told = (
        decimals
        for decimals in range(least, _MOST_DECIMALS)
        if all(percent(end, decimals) != percent(bound, decimals) for end, bound in pairs)
    )
    return next(told, _MOST_DECIMALS)


def _scale(largest: float, unit: str) -> tuple[float, str]:
    if unit not in _FACTORS or largest == 0:
        return 1.0, word(unit) if unit else ""
    name = readable(largest, unit).rpartition(" ")[2]
    return _FACTORS[unit][name], name


def _alike(values: Sequence[float], largest: float, digits: int) -> tuple[str, ...]:
    if not _SMALLEST_FIXED <= largest < _LARGEST_GROUPED:
        return tuple(number(value, digits) for value in values)
    decimals = max(0, digits - 1 - math.floor(math.log10(largest)))
    return tuple(f"{value:,.{decimals}f}".replace("-", MINUS) for value in values)
