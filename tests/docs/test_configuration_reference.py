from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from engine.configuration_reference import MEANINGS, SCHEMA_FILE, page, pages
from engine.perf_budgets import BUDGET_KEYS
from engine.sweep.spec import SweepSpec
from engine.yaml12 import parse_yaml


@pytest.mark.parametrize("name", list(pages()))
def test_the_file_in_the_tree_is_what_the_program_makes(root: Path, name: str) -> None:
    assert (root / name).read_bytes() == pages()[name], "run: make docs"


@pytest.mark.parametrize("key", [*BUDGET_KEYS, *SweepSpec.__struct_encode_fields__])
def test_every_key_of_budget_and_spec_has_its_row(key: str) -> None:
    assert f"| `{key}` |" in page()


@pytest.mark.parametrize("name", list(MEANINGS))
def test_every_key_of_the_configuration_has_its_row(name: str) -> None:
    text = page()
    assert all(f"| `{key}` |" in text for key in MEANINGS[name])


def check(root: Path, text: str) -> list[str]:
    schema = json.loads((root / SCHEMA_FILE).read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    document = parse_yaml(text.encode(), "f").value
    errors = jsonschema.Draft202012Validator(schema).iter_errors(document)
    return [".".join(map(str, error.absolute_path)) for error in errors]


GOOD = "version: 1\nsuites: {a: {kind: sweep, spec: s.yaml, budget: b.yaml, runs_on: [linux]}}\n"


def test_the_schema_accepts_what_the_program_accepts(root: Path) -> None:
    text = GOOD + 'nightly: {cron: "0 3 * * *"}\npolicy: {forks: never}\n'
    assert check(root, text) == []


@pytest.mark.parametrize(
    "old,new,place",
    [
        ("version: 1", "version: 2", "version"),
        ("kind: sweep", "kind: race", "suites.a.kind"),
        ("spec:", "spek:", "suites.a"),
        ("[linux]", "[]", "suites.a.runs_on"),
    ],
)
def test_the_schema_refuses_what_the_program_refuses(
    root: Path, old: str, new: str, place: str
) -> None:
    assert check(root, GOOD.replace(old, new)) == [place]
