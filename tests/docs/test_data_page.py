"""The page on data: its files load, errors are said so, tables have every key and repair."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from markdown_it import MarkdownIt

from engine.backtest.data_spec import KEYS, Repair, parse_data_spec
from engine.baseline_files import parse_baseline
from engine.baselines import create_new_baseline
from engine.configuration_file import parse_configuration
from engine.json_text import parse_json, write_json
from engine.yaml12 import parse_yaml
from tests.fakes.bar_files import loaded, refused
from tests.fakes.sweeps import current

PAGE = "docs/how-to/bring-your-own-data.md"


@pytest.fixture
def page(root: Path) -> str:
    return (root / PAGE).read_text()


@pytest.fixture
def folder(page: str, tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    for name, text in zip(("spx.csv", "broken.csv"), fences(page, "csv"), strict=True):
        (tmp_path / "data" / name).write_text(text)
    (tmp_path / "data" / "ndx.csv").write_text((tmp_path / "data" / "spx.csv").read_text())
    return tmp_path


def fences(page: str, kind: str) -> Iterator[str]:
    for token in MarkdownIt("commonmark").parse(page):
        if token.type == "fence" and token.info == kind:
            yield token.content


def data_of(page: str) -> list[str]:
    """Give the specs of the page, without their key."""
    return [text for text in fences(page, "yaml") if text.startswith("data:")]


def test_the_specs_of_the_page_load_its_file(page: str, folder: Path) -> None:
    specs = data_of(page)
    assert len(specs) == 4
    for text in specs:
        value = text.removeprefix("data:").replace("daily.parquet", "spx.csv")
        assert loaded(folder, value, sp500=folder / "data").bars.length == 3


def test_the_declaration_of_the_page_is_one(page: str) -> None:
    (text,) = [one for one in fences(page, "yaml") if one.startswith("version")]
    suite = parse_configuration(text.encode()).configuration.suites["own_engine"]
    assert {name: one.mount for name, one in suite.data.items()} == {"prices": "sp500"}


def test_the_broken_file_is_refused_in_the_words_of_the_page(page: str, folder: Path) -> None:
    (words,) = fences(page, "text")
    assert refused(folder, "data/broken.csv") == words.strip()


def test_the_repair_that_the_message_names_does(folder: Path) -> None:
    spec = "{path: data/broken.csv, repair: [drop_inconsistent, keep_first]}"
    assert loaded(folder, spec).report.repairs == {"drop_inconsistent": 1}


def test_the_tables_have_every_key_and_every_repair(page: str) -> None:
    rows = re.findall(r"^\| (`[^|]*`) \|", page, re.MULTILINE)
    named = [name for row in rows for name in re.findall(r"`(\w+)`", row)]
    assert sorted(named) == sorted([*KEYS, *get_args(Repair), "repair"])


def test_the_pins_of_the_page_are_pins(page: str) -> None:
    (text,) = fences(page, "json")
    pins = parse_json(text.encode(), PAGE).value["data"]
    made = create_new_baseline(current(), git_sha="4f2d1c9", created_utc="2026-01-05T12:00:00Z")
    whole = {**parse_json(write_json(made), "b").value, "data": pins}
    assert parse_baseline(write_json(whole), "b.json").data == pins


def test_the_page_is_read_as_a_spec_would_be(page: str) -> None:
    for text in data_of(page):
        assert parse_data_spec(parse_yaml(text.encode(), PAGE).part(("data",)))
