from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from bot.cli.stats_lines import LineError
from bot.cli.stats_sharpe import SEED, answer_lines
from engine.stats.sharpe import hac_difference
from engine.stats.sharpe_bootstrap import bootstrap_difference


def strategies(seed: int, gap: float = 0.0) -> tuple[list[float], list[float]]:
    base, other = np.random.default_rng(seed).normal(0.001, 0.01, (2, 252))
    return base.tolist(), (0.99 * base + 0.14 * other - gap).tolist()


def answers(*lines: bytes) -> list[Any]:
    found = answer_lines(list(enumerate(lines, 1)))
    return [json.loads(one) if isinstance(one, bytes) else one for one in found]


def line(base: list[Any], head: list[Any], **more: Any) -> bytes:
    return json.dumps({"id": "a", "base": base, "head": head} | more).encode()


def test_a_line_gets_the_difference_with_interval_and_p() -> None:
    base, head = strategies(2)
    limit = hac_difference(base, head)
    assert limit.p > 0.10  # so that the test is the normal one
    assert answers(line(base, head)) == [
        {
            "id": "a",
            "difference": limit.difference,
            "low": limit.low,
            "high": limit.high,
            "p": limit.p,
        }
    ]


def test_a_worse_head_has_a_negative_difference() -> None:
    (found,) = answers(line(*strategies(2, gap=0.001)))
    assert found["difference"] < 0


def test_identical_series_differ_by_nothing() -> None:
    base, _ = strategies(3)
    assert answers(line(base, base)) == [{"id": "a", "difference": 0, "low": 0, "high": 0, "p": 1}]


def test_any_id_comes_back_as_it_was() -> None:
    base, head = strategies(4)
    ids = [7, None, "ü", ["x", 1], {"k": 2}]
    assert [one["id"] for one in answers(*(line(base, head, id=key) for key in ids))] == ids


def test_other_fields_are_the_callers_own() -> None:
    base, head = strategies(4)
    assert answers(line(base, head, note="x")) == answers(line(base, head))


def test_a_close_line_is_answered_by_resampling() -> None:
    base, head = strategies(1)
    limit = hac_difference(base, head)
    assert 0.005 < limit.p < 0.10
    (found,) = answers(line(base, head))
    assert found["p"] != limit.p
    assert found["p"] == bootstrap_difference(base, head, SEED).p


def test_whole_numbers_are_returns_too() -> None:
    (found,) = answers(line([1, -1, 2, 0] * 6, [1, -1, 2, 1] * 6))
    assert found["difference"] > 0


def test_an_answer_depends_on_its_own_line_alone() -> None:
    lines = [line(*strategies(seed, gap=0.0002)) for seed in range(20)]
    assert answers(*lines) == [answers(one)[0] for one in lines]


@pytest.mark.parametrize(
    "text, key, words",
    [
        (b"{", None, "not valid JSON"),
        (b"", None, "empty"),
        (b"\xff\xfe", None, "UTF-8"),
        (b'{"id": 3, "base": [NaN], "head": [0.1]}', 3, "base[0]: expected a finite number"),
        (b'{"id": 3, "base": [1e999], "head": [0.1]}', 3, "base[0]: expected a finite number"),
        (b'{"id": 3, "id": 4, "base": [], "head": []}', 4, "written twice"),
        (b"[" * 5000, None, "nested deeper"),
        (b"[1, 2]", None, "a mapping"),
        (b"null", None, "a mapping"),
        (b'{"id": 3, "base": [0.1]}', 3, "head"),
        (b'{"id": 3, "base": [0.1, "x"], "head": [0.1]}', 3, "base[1]"),
        (b'{"id": 3, "base": [true], "head": [0.1]}', 3, "base[0]"),
        (b'{"id": 3, "base": [null], "head": [0.1]}', 3, "base[0]"),
        (b'{"id": 3, "base": 0.1, "head": [0.1]}', 3, "base"),
        (b'{"id": 3, "base": [], "head": []}', 3, "takes 20 days or more: base has 0"),
        (line([0.01, -0.01] * 10, [0.01] * 21), "a", "found 20 of base, 21 of head"),
        (line([0.01, -0.01] * 9, [0.02, -0.01] * 9), "a", "takes 20 days or more"),
        (line([0.01, -0.01] * 10, [0.0] * 20), "a", "all returns of head are the same"),
    ],
)
def test_a_line_that_cannot_be_judged_says_why(text: bytes, key: Any, words: str) -> None:
    (found,) = answers(text)
    assert isinstance(found, LineError)
    assert (found.line, found.id) == (1, key)
    assert words in found.message


def test_the_lines_after_a_bad_one_are_answered() -> None:
    base, head = strategies(5)
    found = answers(line(base, head), b"{", line(base, head))
    assert [isinstance(one, LineError) for one in found] == [False, True, False]
    assert found[1].line == 2
