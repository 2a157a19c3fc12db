from __future__ import annotations

import json
import math
from typing import Any

import pytest

from bot.cli.stats_decide import answer_lines
from bot.cli.stats_lines import LineError

WOBBLE = (0.4, -0.9, 0.7, -0.2, 1.1, -0.6, 0.1, -0.6, 0.9, 0.3, -0.5, -0.7) * 5


def question(effect: float = 1.0, count: int = 36, sd: float = 0.01, **fields: Any) -> bytes:
    head = [0.01 * effect * math.exp(sd * wobble) for wobble in WOBBLE[:count]]
    line: dict[str, Any] = {"id": "a", "base": [0.01] * count, "head": head, "mei": 0.03, **fields}
    return json.dumps(line).encode()


def answers(*lines: bytes) -> list[Any]:
    found = answer_lines(list(enumerate(lines, 1)))
    return [one if isinstance(one, LineError) else json.loads(one) for one in found]


@pytest.mark.parametrize(
    "effect, outcome",
    [(1.06, "regression"), (0.94, "improvement"), (1.0, "pass"), (1.027, "inconclusive")],
)
def test_each_outcome_is_reached(effect: float, outcome: str) -> None:
    (answer,) = answers(question(effect, sd=0.03))

    assert answer["outcome"] == outcome


def test_numbers_are_fractions_with_the_99_interval_around_the_95_one() -> None:
    (answer,) = answers(question(1.06, sd0=0.007))

    assert answer["effect"] == pytest.approx(0.06, abs=0.006)
    assert answer["low99"] < answer["low"] < answer["effect"] < answer["high"] < answer["high99"]
    assert answer["smallest_effect_excluded"] == max(abs(answer["low"]), abs(answer["high"]))


def test_a_decided_line_needs_no_further_pairs() -> None:
    (answer,) = answers(question(1.06))

    assert (answer["pairs_needed"], answer["pairs_used"]) == (0, 8)


def test_an_undecided_line_says_how_many_further_pairs_it_needs() -> None:
    (answer,) = answers(question(1.03, sd=0.06, count=36))

    assert answer["pairs_used"] == 36
    assert answer["pairs_needed"] > 0


def test_only_max_pairs_above_36_take_the_long_path() -> None:
    wild = {"sd": 0.15, "count": 60}

    short, long = answers(question(1.03, **wild), question(1.03, max_pairs=60, **wild))

    assert (short["pairs_used"], long["pairs_used"]) == (36, 60)


def test_the_last_look_is_the_largest_one_within_the_pairs_given() -> None:
    (answer,) = answers(question(1.03, sd=0.15, count=25))

    assert answer["pairs_used"] == 18
    assert "the last look is at 18 of 25 pairs" in answer["caveats"]


def test_under_five_pairs_the_answer_is_inconclusive_with_a_caveat() -> None:
    (answer,) = answers(question(2.0, count=4))

    assert (answer["outcome"], answer["pairs_used"], answer["effect"]) == ("inconclusive", 0, None)
    assert answer["caveats"] == ["4 pairs are too few: the first look is at 5"]


def test_no_pair_at_all_is_inconclusive() -> None:
    (answer,) = answers(question(count=0))

    assert answer["outcome"] == "inconclusive"


def test_constants_carry_a_caveat() -> None:
    (answer,) = answers(question(1.06, sd=0.0))

    assert "all pairs differ by the same: is the clock too coarse?" in answer["caveats"]


def test_a_stored_spread_of_zero_is_taken_for_the_smallest_that_is_believed() -> None:
    (answer,) = answers(question(1.06, sd=0.0005, sd0=0))

    assert (answer["outcome"], answer["caveats"]) == ("regression", [])


@pytest.mark.parametrize(
    "line, message",
    [
        (question(base=[1.0, 2.0]), "paired by index"),
        (question(base=[0.0] * 36), r"base\[0\] is 0.0"),
        (question(head=[-1.0] * 36), r"head\[0\] is -1.0"),
        (b'{"id": "a", "base": [NaN], "head": [1], "mei": 0.03}', "not a comparison"),
        (b'{"id": "a", "base": [1e999], "head": [1], "mei": 0.03}', "not a comparison"),
        (b'{"id": "a", "base": ["1"], "head": [1], "mei": 0.03}', "not a comparison"),
        (question(mei=0), "not a comparison"),
        (question(sd0=-1), "not a comparison"),
        (b'{"id": "a"}', "not a comparison"),
        (b"[1, 2]", "not a comparison"),
        (b'{"id": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "not a comparison"),
        (b"\xff", "not a comparison"),
    ],
)
def test_a_line_that_is_no_comparison_is_an_error_of_that_line(line: bytes, message: str) -> None:
    good, bad, last = answers(question(), line, question())

    assert (good["outcome"], last["outcome"]) == ("pass", "pass")
    assert bad.line == 2
    assert bad.message
    with pytest.raises(AssertionError, match=message):
        raise AssertionError(bad.message)


def test_an_error_carries_the_id_where_the_line_still_tells_it() -> None:
    told, silent = answers(question(mei=0), b"nonsense")

    assert (told.id, silent.id) == ("a", None)


def test_the_levels_of_a_line_may_be_of_any_size() -> None:
    tiny, huge = answers(
        question(base=[1e-300] * 8, head=[1.06e-300] * 8),
        question(base=[1e-300] * 8, head=[1e300] * 8),
    )

    assert (tiny["outcome"], huge["outcome"]) == ("regression", "regression")
    assert huge["effect"] is None
