from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

LOCKS = ("base", "dev")
PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^ ]+)", re.MULTILINE)


def lock(root: Path, name: str) -> str:
    return (root / "requirements" / f"{name}.txt").read_text()


def pins(text: str) -> dict[str, str]:
    return dict(PIN.findall(text))


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_pins_everything_by_hash(root: Path, name: str) -> None:
    blocks = re.split(r"\n(?=[A-Za-z0-9])", lock(root, name))[1:]
    assert len(blocks) > 20
    assert [block for block in blocks if "--hash=sha256:" not in block] == []


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_no_index(root: Path, name: str) -> None:
    text = lock(root, name)
    assert re.findall(r"^\s*(?:--\S*(?:index|link|host)\S*|-[if] ).*", text, re.MULTILINE) == []
    assert "://" not in text


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_holds_what_is_asked_for(root: Path, name: str) -> None:
    asked = re.findall(
        r"^([A-Za-z][\w.-]*)", (root / "requirements" / f"{name}.in").read_text(), re.MULTILINE
    )
    locked = {one.lower() for one in pins(lock(root, name))}
    assert {one.lower() for one in asked} - locked == set()


def test_what_the_tests_install_is_what_users_install(root: Path) -> None:
    base, dev = pins(lock(root, "base")), pins(lock(root, "dev"))
    assert {name: dev.get(name) for name in base} == base


def test_the_extra_for_developers_is_what_the_tests_install(root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    asked = re.findall(r"^\w\S*", (root / "requirements/dev.in").read_text(), re.MULTILINE)
    assert project["optional-dependencies"]["dev"] == asked
