"""The page on the hooks ``highwater stats`` has every field that they read and write."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path

import msgspec
import pytest

from bot.cli import stats_changepoints, stats_decide, stats_sharpe
from bot.cli.stats_lines import MAX_LINE, SHOWN_ERRORS
from engine.stats import constants as c
from engine.stats.change_points import MAX_VALUES, MIN_EFFECT, Step
from engine.stats.sharpe import MIN_DAYS

PAGE = "docs/reference/stats-hooks.md"
STEP = [one.name for one in dataclasses.fields(Step)]
HOOKS: dict[str, tuple[type[msgspec.Struct], type[msgspec.Struct], list[str]]] = {
    "decide": (stats_decide.Question, stats_decide.Answer, []),
    "changepoints": (stats_changepoints.History, stats_changepoints.Steps, STEP),
    "sharpe": (stats_sharpe.Returns, stats_sharpe.Difference, []),
}


def names(kind: type[msgspec.Struct]) -> list[str]:
    return [one.encode_name for one in msgspec.structs.fields(kind)]


def tables(root: Path, hook: str) -> list[list[str]]:
    """List the fields of both tables of a hook, what goes in first."""
    page = (root / PAGE).read_text()
    section = page.partition(f"\n## {hook}\n")[2].partition("\n## ")[0]
    parts = re.split(r"^\| (?:in|out) \|.*$", section, flags=re.MULTILINE)[1:]
    return [re.findall(r"^\| `(\w+)` \|", part, re.MULTILINE) for part in parts]


@pytest.mark.parametrize("hook", HOOKS)
def test_the_page_has_the_hooks_fields_and_no_other(root: Path, hook: str) -> None:
    asked, answered, inner = HOOKS[hook]
    found_in, found_out = tables(root, hook)
    assert sorted(found_in) == sorted(names(asked))
    assert found_out == [*names(answered), *inner]


@pytest.mark.parametrize("hook", HOOKS)
def test_every_field_has_a_meaning(root: Path, hook: str) -> None:
    page = (root / PAGE).read_text()
    rows = re.findall(r"^\| `\w+` \|.*$", page, re.MULTILINE)
    assert rows
    assert [row for row in rows if not row.split("|")[4].strip()] == []
    assert f"\n## {hook}\n" in page


def test_the_numbers_that_the_page_names_are_the_programs(root: Path) -> None:
    page = " ".join((root / PAGE).read_text().split())
    looks = [", ".join(map(str, path.looks[:-1])) for path in (c.SHORT, c.LONG)]
    said = (
        f"after {looks[0]} and {c.SHORT.last} pairs",
        f"the looks are {looks[1]} and {c.LONG.last}; default {c.SHORT.last}",
        f"at most {MAX_VALUES:,}",
        f"at least {MIN_DAYS:,}",
        f"at least {100 * MIN_EFFECT:g} %",
        f"the first {SHOWN_ERRORS} errors",
        f"at most {MAX_LINE // 2**20} MiB",
        f"{c.MIN_PAIRS} pairs",
    )
    assert [one for one in said if one not in page] == []


def test_what_is_not_known_is_null_as_the_page_says() -> None:
    line = json.dumps({"id": 7, "base": [1.0], "head": [1.0], "mei": 0.03}).encode()
    (answer,) = stats_decide.answer_lines([(1, line)])
    assert isinstance(answer, bytes)
    found = json.loads(answer)
    assert (found["id"], found["effect"], found["pairs_used"]) == (7, None, 0)
