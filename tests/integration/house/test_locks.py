from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

LOCKS = ("base", "dev", "peers", "ray")
EXTRAS = ("dev", "peers", "ray")
PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^ ]+)", re.MULTILINE)


def lock(root: Path, name: str) -> str:
    return (root / "requirements" / f"{name}.txt").read_text()


def pins(text: str) -> dict[str, str]:
    return dict(PIN.findall(text))


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


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
    locked = {_normal(one) for one in pins(lock(root, name))}
    assert {_normal(one) for one in asked} - locked == set()


@pytest.mark.parametrize("name", EXTRAS)
def test_every_lock_has_what_users_install(root: Path, name: str) -> None:
    base, other = pins(lock(root, "base")), pins(lock(root, name))
    assert {name: other.get(name) for name in base} == base


@pytest.mark.parametrize("name", EXTRAS)
def test_an_extra_is_what_its_lock_is_of(root: Path, name: str) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    asked = re.findall(r"^\w\S*", (root / f"requirements/{name}.in").read_text(), re.MULTILINE)
    assert project["optional-dependencies"][name] == asked
