"""The hook ``highwater stats decide``: launch levels in, decisions out, many at once."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Annotated, Any

import msgspec
import numpy as np

from bot.cli.stats_lines import LineError, known_id
from engine.stats import constants as c
from engine.stats.guard import PASS, UNDECIDED, Comparisons, Decisions, decide_all
from engine.stats.prospects import further_pairs

_OUTCOMES = ("regression", "improvement", "pass", "inconclusive")
_MAX_LEVELS = 100_000


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """One comparison: launch levels paired by index; ``mei`` is the budget, a fraction.

    Other fields of a line are the caller's own and are left alone.
    """

    id: Any = None
    base: Annotated[tuple[float, ...], msgspec.Meta(max_length=_MAX_LEVELS)]
    head: Annotated[tuple[float, ...], msgspec.Meta(max_length=_MAX_LEVELS)]
    mei: Annotated[float, msgspec.Meta(ge=0.001, le=10.0)]
    sd0: Annotated[float, msgspec.Meta(ge=0.0, le=10.0)] | None = None
    max_pairs: Annotated[float, msgspec.Meta(ge=1)] | None = None

    @property
    def path(self) -> c.Path:
        """The looks that were declared with it."""
        return c.path_of(math.floor(self.max_pairs or c.SHORT.last))


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What was decided; effect and limits are fractions of the base, None where unknown."""

    id: Any
    outcome: str
    effect: float | None
    low: float | None
    high: float | None
    low99: float | None
    high99: float | None
    pairs_used: int
    smallest_effect_excluded: float | None
    smallest_visible: float | None
    pairs_needed: int | None
    caveats: tuple[str, ...]


_DECODER = msgspec.json.Decoder(Question)
_ENCODER = msgspec.json.Encoder()


def answer_lines(lines: Sequence[tuple[int, bytes]]) -> Iterator[bytes | LineError]:
    """Answer numbered lines in order; those on one path are decided together."""
    asked = [_question(number, line) for number, line in lines]
    answers: list[bytes | LineError] = [one if isinstance(one, LineError) else b"" for one in asked]
    batches: dict[tuple[int, ...], list[int]] = {}
    for place, one in enumerate(asked):
        if isinstance(one, Question):
            batches.setdefault(one.path.looks, []).append(place)
    for places in batches.values():
        questions = [one for one in (asked[place] for place in places) if isinstance(one, Question)]
        for place, answer in zip(places, _decided(questions), strict=True):
            answers[place] = _ENCODER.encode(answer)
    yield from answers


def _question(number: int, line: bytes) -> Question | LineError:
    try:
        question = _DECODER.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return LineError(number, known_id(line), f"not a comparison: {error}")
    problem = _problem(question)
    return question if problem is None else LineError(number, question.id, problem)


def _problem(question: Question) -> str | None:
    base, head = question.base, question.head
    if len(base) != len(head):
        return f"base has {len(base)} levels and head {len(head)}: they are paired by index"
    if not base:
        return None
    if min(map(min, (base, head))) > 0 and max(map(max, (base, head))) < math.inf:
        return None
    named = (
        (f"{name}[{n}]", value) for name in ("base", "head") for n, value in _levels(question, name)
    )
    wrong = next((name, value) for name, value in named if not 0 < value < math.inf)
    return f"{wrong[0]} is {wrong[1]!r}: levels are above 0 and finite"


def _levels(question: Question, name: str) -> Iterator[tuple[int, float]]:
    return enumerate(question.base if name == "base" else question.head)


def _decided(questions: Sequence[Question]) -> Iterator[Answer]:
    path = questions[0].path
    levels = np.full((2, len(questions), path.last), np.nan)
    for row, question in enumerate(questions):
        count = min(len(question.base), path.last)
        levels[0, row, :count] = question.base[:count]
        levels[1, row, :count] = question.head[:count]
    base, head = np.log(levels)
    differences = head - base
    limits = np.log1p(np.array([question.mei for question in questions]))
    stored = np.array([math.nan if one.sd0 is None else one.sd0 for one in questions])
    decisions = decide_all(Comparisons(differences, limits, stored), path)
    halves = decisions.half_width(c.REPEATED_95), decisions.half_width(c.REPEATED_99)
    fractions = _fractions(decisions, *halves)
    for row, question in enumerate(questions):
        yield _answer(question, decisions, row, fractions[row])


def _fractions(decisions: Decisions, half95: Any, half99: Any) -> list[list[float]]:
    """Give effect, low, high, low99, high99 and the smallest visible change of every row."""
    effect = decisions.effect
    visible = c.VISIBLE * decisions.sd / np.sqrt(np.maximum(decisions.pairs, 1))
    columns = (effect, effect - half95, effect + half95, effect - half99, effect + half99, visible)
    with np.errstate(over="ignore"):
        table: list[list[float]] = np.expm1(np.column_stack(columns)).tolist()
    return table


def _answer(question: Question, all_: Decisions, row: int, numbers: list[float]) -> Answer:
    looked = bool(all_.pairs[row])
    effect, low, high, low99, high99, visible = (
        value if looked and math.isfinite(value) else None for value in numbers
    )
    undecided = all_.outcome[row] == UNDECIDED
    needed = None
    if undecided and looked:
        sd, pairs = float(all_.sd[row]), int(all_.pairs[row])
        needed = further_pairs(sd, math.log1p(question.mei), pairs)
    return Answer(
        id=question.id,
        outcome=_OUTCOMES[all_.outcome[row]],
        effect=effect,
        low=low,
        high=high,
        low99=low99,
        high99=high99,
        pairs_used=int(all_.pairs[row]),
        smallest_effect_excluded=(
            None if low is None or high is None else max(abs(low), abs(high))
        ),
        smallest_visible=visible,
        pairs_needed=needed if undecided else 0,
        caveats=tuple(_caveats(question, all_, row)),
    )


def _caveats(question: Question, decisions: Decisions, row: int) -> Iterator[str]:
    pairs, given = int(decisions.pairs[row]), len(question.base)
    if not pairs:
        yield f"{given} pairs are too few: the first look is at {c.MIN_PAIRS}"
        return
    undecided = decisions.outcome[row] == UNDECIDED
    if undecided and pairs < min(given, question.max_pairs or c.SHORT.last):
        yield f"the last look is at {pairs} of {given} pairs"
    yield from _spread_caveats(question, decisions, row)
    if undecided and decisions.halves_differ[row]:
        yield "the effect's sign differs between the halves of the session"
    if decisions.outcome[row] == PASS and decisions.real[row]:
        yield "real but small"


def _spread_caveats(question: Question, decisions: Decisions, row: int) -> Iterator[str]:
    if question.sd0 is None:
        yield "no stored spread"
    elif not decisions.moderated[row]:
        yield "the stored spread is not used: these pairs spread much more"
    if decisions.noisier[row]:
        yield "the pairs spread more than three times their history"
    if decisions.sd[row] == 0:
        yield "all pairs differ by the same: is the clock too coarse?"
