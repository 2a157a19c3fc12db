"""The page on statistics: its constants are the program's, its worked example holds."""

from __future__ import annotations

import doctest
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from engine.stats import constants

PAGE = "docs/explanation/statistics.md"
CONSTANT = re.compile(r"^\| `([A-Z][A-Z0-9_]*)` \| ([0-9., ]+) \|", re.MULTILINE)
BLOCK = re.compile(r"```python\n(.*?)```", re.DOTALL)
NUMBERS = (int, float, tuple)


@pytest.fixture
def page(root: Path) -> str:
    return (root / PAGE).read_text()


def section(page: str, title: str) -> str:
    return page.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def read(text: str) -> tuple[float, ...]:
    return tuple(map(float, text.split(", ")))


def numbers_of(module: ModuleType) -> dict[str, tuple[float, ...]]:
    found: dict[str, Any] = {
        name: value
        for name, value in vars(module).items()
        if name.isupper() and isinstance(value, NUMBERS)
    }
    return {name: value if isinstance(value, tuple) else (value,) for name, value in found.items()}


def test_the_table_has_every_constant_with_its_value(page: str) -> None:
    table = CONSTANT.findall(section(page, "Every constant"))

    assert {name: read(value) for name, value in table} == numbers_of(constants)


@pytest.mark.parametrize("name", ["SHORT", "LONG", "CONTINUED"])
def test_the_looks_and_levels_of_each_path_are_the_programs(page: str, name: str) -> None:
    path: constants.Path = getattr(constants, name)
    (line,) = re.findall(rf"^\| `{name}` \| (.*) \|$", page, re.MULTILINE)
    looks, *levels = line.split(" | ")

    assert read(looks) == path.looks
    if name != "CONTINUED":
        assert [set(read(level)) for level in levels] == [set(path.alarm), set(path.miss)]


def test_the_factors_that_the_page_names_follow_from_the_constants(page: str) -> None:
    unstored = constants.LOOKS_FACTOR * constants.SHORT_ALARM / constants.UNSTORED_ALARM

    assert f"Without s₀ the factor is {unstored:.1f}" in page
    assert round(constants.ALARM / constants.SHORT_ALARM, 1) == constants.LOOKS_FACTOR


def test_the_worked_example_holds(page: str) -> None:
    blocks = BLOCK.findall(page)
    example = doctest.DocTestParser().get_doctest("\n".join(blocks), {}, PAGE, PAGE, 0)

    assert len(example.examples) > 30
    assert doctest.DocTestRunner().run(example).failed == 0
