"""Which launches come next: rounds over all suspects, without those that are decided."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from engine.continued import sessions
from engine.course import Course, Runner, course_of
from engine.decided import decide_gates
from engine.identity import derived_seed
from engine.orders import RunOrder
from engine.samples import PairLaunch, Purpose
from engine.screening import may_screen, screened_cases
from engine.series import collect, pairs_of_cases, pooled, whole_pairs
from engine.stats import constants as c
from engine.stats.screen import SCREEN_LAUNCHES
from engine.values import Side

OWN_COPY_LAUNCHES = 5


@dataclass(frozen=True, slots=True)
class Pair:
    """One launch of each side, *first* first; both get the same *seed*."""

    pair: int
    first: Side
    seed: int

    @property
    def sides(self) -> tuple[Side, Side]:
        """Both sides in the order of their launches."""
        return (self.first, Side.HEAD if self.first is Side.BASE else Side.BASE)


@dataclass(frozen=True, slots=True)
class Round:
    """Launches to make next, of *cases* (None: all).

    ``pair``: both sides of each pair. ``screen`` and ``own_copy``: head alone, the latter with
    its own measuring files; their pairs are numbered from 0 and tell the seed.
    """

    pairs: tuple[Pair, ...]
    cases: tuple[str, ...] | None
    purpose: Purpose = "pair"


def next_round(
    order: RunOrder,
    runner: Runner,
    launches: Sequence[PairLaunch],
    at_most: int | None = None,
) -> Round | None:
    """Tell what to launch, given the *launches* made so far for this order; None: enough.

    Each round goes to the next look of those that are not decided by then, and deals its pairs
    to them alone. Pairs are numbered on from those of ``order.earlier``, which count where the
    same hardware measured them. A round that added nothing is not asked for again by itself:
    who launches stops when nothing was measured.

    Where the time does not do for all cases, pairs are of *at_most* so many at a time: of those
    begun until they are decided, then of others, drawn by the order's seed.
    """
    course = course_of(order, runner)
    if may_screen(order, course) and not launches:
        return _round(order, range(SCREEN_LAUNCHES), order.cases, "screen")
    return _next_pairs(order, course, launches, at_most) or _own_copy(order, launches)


def pair(seed: int, index: int) -> Pair:
    """Draw the coin and the seed of pair *index* from the order's *seed*."""
    coin = derived_seed(seed, "coin", index) % 2
    first = Side.BASE if coin == 0 else Side.HEAD
    return Pair(pair=index, first=first, seed=derived_seed(seed, "pair", index))


def _next_pairs(
    order: RunOrder, course: Course, launches: Sequence[PairLaunch], at_most: int | None
) -> Round | None:
    paired = pooled(course.earlier, launches)
    start = 1 + max((one.pair for one in (*_numbered(order), *paired)), default=-1)
    screened = screened_cases(order, course, launches)
    if not paired:
        return _first(order, start, screened.keys(), (*course.earlier, *launches))
    decided = decide_gates(collect(paired), course)
    if decided.suite_is_suspect and at_most is None:
        # All pairs count, also those that a case was lost in: every round is nearer to the end.
        made = len(whole_pairs(paired))
        look = _look_after(made, course)
        if look is not None:
            return _round(order, range(start, start + look - made), order.cases)
    made_of = pairs_of_cases(paired)
    waiting = {case: made_of.get(case, 0) for case in decided.undecided}
    return _of_cases(order, course, waiting, (start, at_most))


def _of_cases(
    order: RunOrder, course: Course, made: Mapping[str, int], dealt: tuple[int, int | None]
) -> Round | None:
    """Go to the next look of the cases that are the furthest; *made* are the pairs of each."""
    start, at_most = dealt
    waiting = {case: done for case, done in made.items() if _look_after(done, course)}
    furthest = max(waiting.values(), default=0)
    look = _look_after(furthest, course)
    if not waiting or look is None:
        return None
    cases = sorted(waiting)
    if at_most is not None:
        begun = [case for case in cases if waiting[case] == furthest]
        drawn = sorted(begun, key=lambda case: derived_seed(order.seed, "turn", case))
        cases = sorted(drawn[:at_most])
    return _round(order, range(start, start + look - furthest), tuple(cases))


def _look_after(pairs: int, course: Course) -> int | None:
    return next((look for look in course.path.looks if look > pairs), None)


def _numbered(order: RunOrder) -> Iterator[PairLaunch]:
    """Give every earlier launch, of all machines, whose pair's number is taken."""
    return (one for each in sessions(order) for one in each.launches if one.purpose == "pair")


def _first(
    order: RunOrder, start: int, screened: Collection[str], launches: Sequence[PairLaunch]
) -> Round | None:
    indices = range(start, start + c.MIN_PAIRS)
    if not screened:
        return _round(order, indices, order.cases)
    measured = {one.case for launch in launches for one in launch.measured}
    suspects = tuple(sorted(measured - set(screened)))
    return _round(order, indices, suspects) if suspects else None


def _own_copy(order: RunOrder, launches: Sequence[PairLaunch]) -> Round | None:
    made = sum(launch.purpose == "own_copy" for launch in launches)
    if not order.measuring_changed or made >= OWN_COPY_LAUNCHES:
        return None
    return _round(order, range(made, OWN_COPY_LAUNCHES), None, "own_copy")


def _round(
    order: RunOrder,
    indices: range,
    cases: tuple[str, ...] | None,
    purpose: Purpose = "pair",
) -> Round:
    return Round(tuple(pair(order.seed, index) for index in indices), cases, purpose)


__all__ = ["OWN_COPY_LAUNCHES", "Pair", "Round", "Runner", "next_round", "pair"]
