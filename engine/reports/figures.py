"""Numbers as people read them: few digits, one unit a pair, a sign where it matters."""

from __future__ import annotations

import math

from engine.findings import Finding
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
    decimals = _decimals(change, high - low)
    shown = [percent(value, decimals) for value in (change, low, high)]
    return f"{shown[0]} % ({shown[1]} to {shown[2]} %)"


def interval(finding: Finding) -> str | None:
    """Write the 99 % interval alone; None where there is none."""
    change, low, high = finding.change, finding.low, finding.high
    if change is None or low is None or high is None:
        return None
    decimals = _decimals(change, high - low)
    return f"{percent(low, decimals)} to {percent(high, decimals)} %"


def magnitude(finding: Finding) -> str:
    """Write the size of a change without its sign, to stand beside its interval."""
    change, low, high = finding.change or 0.0, finding.low or 0.0, finding.high or 0.0
    return percent(change, _decimals(change, high - low)).lstrip(_SIGNS) + " %"


def allowance(fraction: float) -> str:
    """Write a budget that is a fraction.

    >>> allowance(0.1), allowance(0.005)
    ('10 %', '0.5 %')
    """
    return f"{100 * fraction:.3g} %"


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


def number(value: float, digits: int) -> str:
    """Write a number with *digits* significant digits, whole thousands grouped.

    >>> number(1.5204, 3), number(12345.6, 3), number(0.0, 3)
    ('1.52', '12,346', '0')
    """
    grouped = 10**digits <= abs(value) < _LARGEST_GROUPED
    text = f"{value:,.0f}" if grouped else f"{value:.{digits}g}"
    return text.replace("-", MINUS)


def from_to(finding: Finding) -> str:
    """Write base → head in one unit, with as many digits as it takes to tell them apart.

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
    before, after = _apart(base / factor, head / factor)
    return f"{before} {ARROW} {after} {unit}".strip()


def difference(finding: Finding) -> str:
    """Write an absolute change of a sweep's metric, with its sign."""
    change = finding.change
    if change is None:
        return ABSENT
    sign = "+" if change > 0 else MINUS if change < 0 else ""
    return sign + amount(abs(change), finding.unit)


def distance(finding: Finding) -> str:
    """Write an absolute change of a sweep's metric without its sign."""
    return difference(finding).lstrip(_SIGNS)


def _decimals(change: float, width: float) -> int:
    """As many decimals as leave two digits of the interval's width, from one to three."""
    reference = 100 * (width if width > 0 else abs(change))
    if reference >= 1 or reference == 0:
        return 1
    return min(3, 1 + math.ceil(-math.log10(reference)))


def _scale(largest: float, unit: str) -> tuple[float, str]:
    if unit not in _FACTORS or largest == 0:
        return 1.0, word(unit) if unit else ""
    name = readable(largest, unit).rpartition(" ")[2]
    return _FACTORS[unit][name], name


def _apart(base: float, head: float) -> tuple[str, str]:
    """Write both with the same decimals, three digits at least, more until they differ."""
    texts = [_alike(base, head, digits) for digits in range(3, 18)]
    differing = (pair for pair in texts if pair[0] != pair[1])
    return next(differing, texts[0])


def _alike(base: float, head: float, digits: int) -> tuple[str, str]:
    largest = max(abs(base), abs(head))
    if not _SMALLEST_FIXED <= largest < _LARGEST_GROUPED:
        return number(base, digits), number(head, digits)
    decimals = max(0, digits - 1 - math.floor(math.log10(largest)))
    before, after = (f"{value:,.{decimals}f}".replace("-", MINUS) for value in (base, head))
    return before, after
