"""The course of a run's decision: what was laid down before its first look, and goes on."""

from __future__ import annotations

from dataclasses import dataclass, replace

from engine.budgets import BenchmarkBudget
from engine.certificates import Certificate
from engine.continued import continued
from engine.gates import Gauge
from engine.orders import RunOrder
from engine.samples import PairLaunch
from engine.stats import constants as c


@dataclass(frozen=True, slots=True)
class Runner:
    """Who measures: its name, its hardware's fingerprint, and whether nothing else runs there."""

    name: str
    fingerprint: str
    dedicated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """How the launches of one machine are judged.

    ``earlier`` are those of its session that go before; ``is_continued``: there is one. ``family``
    is the least number of comparisons that a regression is one of, ``share`` how many orders of
    the check there are of which each has as many.
    """

    gauge: Gauge
    path: c.Path
    earlier: tuple[PairLaunch, ...]
    is_continued: bool
    family: int
    share: int


def course_of(order: RunOrder, runner: Runner) -> Course:
    """Lay down the course of *order* on *runner*; of a session that it continues, that session's.

    A path that was begun with a certificate and a number of pairs goes on with them, whatever is
    known or declared later: what was decided stays decided.
    """
    session = continued(order, runner.fingerprint)
    fresh = Gauge.of(
        budgets_of(order),
        certificate_of(order, runner.name, runner.fingerprint),
        dedicated=runner.dedicated,
    )
    course = Course(
        gauge=fresh,
        path=c.path_of(order.suite.measure.max_pairs),
        earlier=(),
        is_continued=False,
        family=order.family,
        share=order.suites_of_check,
    )
    if session is None:
        return course
    most, gauge = order.suite.measure.max_pairs, fresh
    if session.terms is not None:
        most = session.terms.max_pairs
        gauge = Gauge.of(
            fresh.budgets, session.terms.certificate, dedicated=session.terms.dedicated
        )
    path = c.path_of(c.LONG.last, continued=most <= c.SHORT.last)
    return replace(course, gauge=gauge, path=path, earlier=session.launches, is_continued=True)


def budgets_of(order: RunOrder) -> BenchmarkBudget:
    """Give the suite's budgets; without any, the default of the program holds for all."""
    budgets = order.suite.budget
    return budgets if isinstance(budgets, BenchmarkBudget) else BenchmarkBudget()


def certificate_of(
    order: RunOrder, runner: str | None, fingerprint: str | None
) -> Certificate | None:
    """Find the certificate of a runner on this very hardware; None where it has none."""
    found = (
        one for one in order.certificates if one.runner == runner and one.fingerprint == fingerprint
    )
    return next(found, None)
