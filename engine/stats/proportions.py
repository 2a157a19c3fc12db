"""Counts of successes and failures, judged exactly: no normal limits, whatever the numbers."""

from __future__ import annotations

from scipy.special import bdtr, betaincinv


def at_most(successes: int, runs: int, rate: float) -> float:
    """Give P(X <= successes) of so many *runs* that each succeed with probability *rate*.

    Small: with so few successes the true rate is hardly *rate*. Five of ten at 0.75:

    >>> round(at_most(5, 10, 0.75), 4)
    0.0781

    Raises:
        ValueError: not 0 <= successes <= runs, or the rate is no probability.
    """
    _check(successes, runs, rate)
    return float(bdtr(successes, runs, rate))


def lower_limit(successes: int, runs: int, confidence: float = 0.95) -> float:
    """Give the exact one-sided lower limit of the rate (Clopper and Pearson 1934).

    At any lower rate so many successes had less probability than 1 - confidence. 0 of none.

    >>> round(lower_limit(3, 20), 4), lower_limit(0, 20)
    (0.0422, 0.0)

    Raises:
        ValueError: not 0 <= successes <= runs, or the confidence is no probability.
    """
    _check(successes, runs, confidence)
    if not successes:
        return 0.0
    return float(betaincinv(successes, runs - successes + 1, 1 - confidence))


def upper_limit(successes: int, runs: int, confidence: float = 0.95) -> float:
    """Give the exact one-sided upper limit of the rate (Clopper and Pearson 1934).

    At any higher rate so few successes had less probability than 1 - confidence. None of 300 is
    at most 1 % ("rule of three"); of no runs at all, at most 100 %.

    >>> round(upper_limit(0, 300), 4), upper_limit(0, 0)
    (0.0099, 1.0)

    Raises:
        ValueError: not 0 <= successes <= runs, or the confidence is no probability.
    """
    _check(successes, runs, confidence)
    if successes == runs:
        return 1.0
    return float(betaincinv(successes + 1, runs - successes, confidence))


def mcnemar(only_base: int, only_head: int) -> float:
    """Give the exact two-sided p that base and head succeed equally often (McNemar 1947).

    Configurations are matched; those that succeed on both sides or on neither say nothing. Of the
    others, as many should succeed on one side only as on the other. Six to none: 2 / 2⁶.

    >>> mcnemar(6, 0), mcnemar(0, 0)
    (0.03125, 1.0)

    Raises:
        ValueError: a count is negative.
    """
    fewer = min(only_base, only_head)
    return min(1.0, 2 * at_most(fewer, only_base + only_head, 0.5))


def _check(successes: int, runs: int, probability: float) -> None:
    if not (0 <= successes <= runs and 0 <= probability <= 1):
        message = f"{successes} of {runs} at {probability} is no share"
        raise ValueError(message)
