"""GUARD: the group-sequential paired decision, for many comparisons at once.

Each comparison is a row of differences d = ln(head/base), turned so that positive is worse, one
a pair, in the order of measuring. At every look the pairs so far decide, or the next look does.
The moderated variance is that of Smyth (2004), "Linear models and empirical Bayes methods",
with four degrees of freedom for the stored spread; the repeated looks are a group-sequential
design (Jennison & Turnbull 1999, ch. 9: repeated confidence intervals) whose levels are
calibrated by simulation. docs/explanation/statistics.md goes through it step by step.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtri, stdtr, stdtrit

from engine.stats import constants as c
from engine.stats.multiplicity import holm
from engine.stats.spreads import (
    Counts,
    Flags,
    Floats,
    Own,
    halves_differ,
    noisier,
    own_spread,
)

_ROUNDING = 1e-12  # of a logarithm: exactly at the budget is within it
REGRESSION, IMPROVEMENT, PASS, UNDECIDED = range(4)  # codes of ``Decisions.outcome``


@dataclass(frozen=True, slots=True)
class Comparisons:
    """Rows to decide.

    ``differences`` is (rows, pairs), NaN from a row's last pair on; ``limits`` are L = ln(1 +
    budget); ``stored`` are stored pair sds, NaN where there is none.
    """

    differences: Floats
    limits: Floats
    stored: Floats

    @property
    def counts(self) -> Counts:
        """How many pairs each row has."""
        return np.asarray(np.sum(~np.isnan(self.differences), axis=1), dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Decisions:
    """What the last look at each row found, on the scale of the differences.

    ``sd`` is the moderated one where ``moderated``; ``df`` its degrees of freedom; ``pairs`` is 0
    where there were too few for a look. ``p`` is one-sided, for worse, over all looks so far.
    ``real``: the interval at the alarm level excludes 0. ``noisier``: above three stored spreads;
    ``halves_differ``: in sign. ``slow`` and ``fast`` count outliers on the worse and the better
    side. ``alone``: a regression by itself, which the family did not hold.
    """

    outcome: NDArray[np.int8]
    pairs: Counts
    effect: Floats
    sd: Floats
    df: Floats
    p: Floats
    real: Flags
    moderated: Flags
    noisier: Flags
    halves_differ: Flags
    slow: Counts
    fast: Counts
    alone: Flags

    def half_width(self, level: float) -> Floats:
        """Give t(df; 1 - level) · sd/√pairs; NaN where there was no look."""
        pairs = np.where(self.pairs > 0, self.pairs, np.nan)
        known, places = np.unique(self.df, return_inverse=True)  # few: two a look
        quantiles = stdtrit(known, 1 - level)[places]
        return np.asarray(quantiles * self.sd / np.sqrt(pairs), dtype=np.float64)


def decide_all(rows: Comparisons, path: c.Path, *, family: int | None = None) -> Decisions:
    """Decide every row, look by look, along *path*.

    With *family* (at least the number of rows) a regression also has to hold by Holm at 1 %
    among so many comparisons; a row that fails it goes on to the next look.

    >>> slower = np.full((1, 8), 0.05) + np.array([[0.001, -0.001] * 4])
    >>> rows = Comparisons(slower, np.array([np.log(1.03)]), np.array([np.nan]))
    >>> decided = decide_all(rows, c.SHORT)
    >>> int(decided.outcome[0]) == REGRESSION, int(decided.pairs[0])
    (True, 8)
    """
    decisions = _blank(len(rows.limits))
    counts = rows.counts
    for number, pairs in enumerate(path.looks):
        live = np.flatnonzero((decisions.outcome == UNDECIDED) & (counts >= pairs))
        if not live.size:
            continue
        look = _Look(pairs, path.alarm[number], path.miss[number])
        _record(decisions, live, _examine(rows, live, look), family)
    return decisions


@dataclass(frozen=True, slots=True)
class _Look:
    pairs: int
    alarm: float
    miss: float


@dataclass(frozen=True, slots=True)
class _Seen:
    """One look at some rows; the candidates are not yet held to the family."""

    pairs: int
    effect: Floats
    sd: Floats
    df: Floats
    p: Floats
    real: Flags
    moderated: Flags
    noisier: Flags
    halves_differ: Flags
    slow: Counts
    fast: Counts
    worse: Flags
    better: Flags
    within: Flags


_COPIED = ("effect", "sd", "df", "real", "moderated", "noisier", "halves_differ", "slow", "fast")


def _blank(count: int) -> Decisions:
    return Decisions(
        outcome=np.full(count, UNDECIDED, dtype=np.int8),
        pairs=np.zeros(count, dtype=np.int64),
        effect=np.full(count, np.nan),
        sd=np.full(count, np.nan),
        df=np.full(count, np.nan),
        p=np.ones(count),
        real=np.zeros(count, dtype=bool),
        moderated=np.zeros(count, dtype=bool),
        noisier=np.zeros(count, dtype=bool),
        halves_differ=np.zeros(count, dtype=bool),
        slow=np.zeros(count, dtype=np.int64),
        fast=np.zeros(count, dtype=np.int64),
        alone=np.zeros(count, dtype=bool),
    )


def _record(decisions: Decisions, live: NDArray[np.intp], seen: _Seen, family: int | None) -> None:
    """Write a look into the fresh arrays of *decisions*, which nobody else holds yet."""
    decisions.pairs[live] = seen.pairs
    decisions.p[live] = np.minimum(decisions.p[live], seen.p)
    for name in _COPIED:
        getattr(decisions, name)[live] = getattr(seen, name)
    worse = seen.worse
    if family is not None and worse.any():
        held = np.array(holm(decisions.p.tolist(), c.FAMILY_ALARM, family))
        worse = worse & held[live]
    decisions.alone[live] = seen.worse & ~worse
    decisions.outcome[live[worse]] = REGRESSION
    decisions.outcome[live[seen.better]] = IMPROVEMENT
    decisions.outcome[live[seen.within]] = PASS


def _examine(rows: Comparisons, live: NDArray[np.intp], look: _Look) -> _Seen:
    values = rows.differences[live, : look.pairs]
    limits, stored = rows.limits[live], rows.stored[live]
    own = own_spread(values)
    effect, sd, df, moderated = _moderated(values, stored, own)
    root, size = np.sqrt(look.pairs), np.abs(effect)
    alarm = np.where(moderated, *_quantiles(look.pairs, look.alarm, c.UNSTORED_ALARM)) * sd / root
    alone = student_t(look.pairs - 1, c.OWN_ALARM) * own.sd / root
    miss = np.where(moderated, *_quantiles(look.pairs, look.miss, look.miss)) * sd / root
    noisy, differ = noisier(values, stored), halves_differ(values)
    sure = ~noisy & ~differ & (size > np.maximum(alarm, alone))
    sure &= (
        (size > limits + _ROUNDING) & (size - miss > limits / 2) & (look.pairs >= c.MIN_ALARM_PAIRS)
    )
    return _Seen(
        pairs=look.pairs,
        effect=effect,
        sd=sd,
        df=df,
        p=_p_worse(effect, sd / root, df, moderated),
        real=size > alarm,
        moderated=moderated,
        noisier=noisy,
        halves_differ=differ,
        slow=own.slow,
        fast=own.fast,
        worse=sure & (effect > 0),
        better=sure & (effect < 0),
        within=~noisy & (size + miss < limits + _ROUNDING),
    )


def _moderated(values: Floats, stored: Floats, own: Own) -> tuple[Floats, Floats, Floats, Flags]:
    """Give effect, sd and degrees of freedom, and where the stored spread takes part.

    The stored spread is dropped where these pairs spread so much more that an F test at 1 %
    against it (its own degrees of freedom are many: 20 sessions) refuses it.
    """
    pairs = values.shape[1]
    floored = np.maximum(stored, c.SPREAD_FLOOR)
    ratio = (own.pulled_sd / floored) ** 2
    kept = ratio <= _f_limit(pairs - 1)  # False where nothing is stored: NaN
    own_part = (pairs - 1) * own.pulled_sd**2
    total = pairs - 1 + c.STORED_DF
    moderated = np.sqrt((own_part + c.STORED_DF * floored**2) / total)
    effect = np.where(kept, own.pulled_mean, own.mean)
    sd = np.where(kept, moderated, own.sd)
    df = np.where(kept, total, pairs - 1.0)
    return effect, sd, df, np.asarray(kept)


@lru_cache(maxsize=64)
def _f_limit(df: int) -> float:
    """Give the 99th centile of F(df, ∞) = χ²(df)/df."""
    return float(chdtri(df, c.STORED_SPREAD_LEVEL)) / df


def _p_worse(effect: Floats, error: Floats, df: Floats, moderated: Flags) -> Floats:
    """Give the one-sided p of a look, for worse, as one of the whole path.

    The factor belongs to the levels: a look at the alarm level is one of the path at ``ALARM``.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = np.where(effect == 0, 0.0, effect / error)
    factor = c.LOOKS_FACTOR * np.where(moderated, 1.0, c.SHORT_ALARM / c.UNSTORED_ALARM)
    return np.asarray(np.minimum(1.0, factor * stdtr(df, -statistic)), dtype=np.float64)


def _quantiles(pairs: int, moderated: float, own: float) -> tuple[float, float]:
    """Give t with and without the stored spread's degrees of freedom."""
    return student_t(pairs - 1 + c.STORED_DF, moderated), student_t(pairs - 1, own)


@lru_cache(maxsize=512)
def student_t(df: float, level: float) -> float:
    """Give the quantile of Student's t that is exceeded with probability *level*.

    >>> round(student_t(7, 0.05), 3)
    1.895
    """
    return float(stdtrit(df, 1 - level))
