"""The page on risk rules: its examples run, its table has every rule, its specs are specs."""

from __future__ import annotations

import doctest
import re
from pathlib import Path
from typing import get_args

import msgspec
import pytest
from markdown_it import MarkdownIt

from engine.backtest.risk.python_rules import Position
from engine.backtest.risk.rule_specs import RuleSpec
from engine.backtest.risk.rules import Rule
from engine.decoding import decode
from engine.yaml12 import parse_yaml

PAGE = "docs/how-to/write-a-rule.md"


class Risk(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    risk: tuple[RuleSpec, ...]


@pytest.fixture
def page(root: Path) -> str:
    return (root / PAGE).read_text()


def test_the_examples_of_the_page_hold(root: Path) -> None:
    found = doctest.testfile(str(root / PAGE), module_relative=False, encoding="utf-8")

    assert found.attempted > 10
    assert found.failed == 0


def test_the_specs_of_the_page_are_specs(page: str) -> None:
    specs = [
        token.content
        for token in MarkdownIt("commonmark").parse(page)
        if token.type == "fence" and token.info == "yaml"
    ]

    assert len(specs) > 1
    assert all(decode(parse_yaml(text.encode(), PAGE), Risk).risk for text in specs)


def test_the_table_has_every_rule_and_its_key_in_a_spec(page: str) -> None:
    rows = re.findall(r"^\| `(\w+)\([^`]*\)` \| (?:`(\w+)`|only in Python) \|", page, re.MULTILINE)

    assert {name for name, _ in rows} == {kind.__name__ for kind in get_args(Rule)}
    assert {key for _, key in rows if key} == {*RuleSpec.__struct_fields__}


def test_the_page_names_all_that_a_rule_sees_of_a_position(page: str) -> None:
    table = page.partition("| of the position |")[2].partition("\n\n")[0]

    assert {*re.findall(r"`(\w+)`", table)} - {"None"} == {*Position.__struct_fields__}
