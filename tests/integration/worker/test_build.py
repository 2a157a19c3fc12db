"""Which environments the two sides of an order are measured in."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.values import Side
from tests.fakes.orders import Work
from worker.build import Shelf, shelves

INSTALL = ("python", "-m", "pip", "install", "-r", "requirements.txt")
HASHED = "numpy==1 --hash=sha256:abc"


def found(
    tmp_path: Path, base: str, head: str, setup: tuple[str, ...] = INSTALL
) -> tuple[Shelf | None, Shelf | None]:
    work = Work(tmp_path)
    trees = {side: tmp_path / side for side in Side}
    for side, text in ((Side.BASE, base), (Side.HEAD, head)):
        trees[side].mkdir()
        (trees[side] / "requirements.txt").write_text(text)
    source = work.repository({"a": "1"}, {"a": "2"})
    chosen = shelves(source.order(setup=(setup,)), trees, work.settings, tmp_path / "own")
    return chosen[Side.BASE], chosen[Side.HEAD]


@pytest.mark.parametrize("text", ["numpy==1", HASHED])
def test_equal_pinned_requirements_are_kept_for_other_orders(tmp_path: Path, text: str) -> None:
    base, head = found(tmp_path, text, f"# why\n{text}\n")
    assert base == head
    assert base is not None
    assert base.folder == tmp_path / "cache" / "environments"


def test_equal_loose_requirements_are_installed_once_for_this_order(tmp_path: Path) -> None:
    own = Shelf(folder=tmp_path / "own", key="both")
    assert found(tmp_path, "numpy", "numpy  # newest") == (own, own)


@pytest.mark.parametrize("base", ["numpy", "numpy==1", HASHED])
@pytest.mark.parametrize("head", ["scipy", "numpy==2"])
def test_requirements_that_differ_are_installed_side_by_side(
    tmp_path: Path, base: str, head: str
) -> None:
    assert found(tmp_path, base, head) == (None, None)


def test_requirements_that_differ_and_have_hashes_are_kept(tmp_path: Path) -> None:
    base, head = found(tmp_path, HASHED, f"{HASHED} --hash=sha256:def")
    assert base is not None
    assert head is not None
    assert base.key != head.key


@pytest.mark.parametrize("setup", [("make",), ("pip", "install", "-e", ".")])
def test_what_is_not_understood_is_each_sides_own(tmp_path: Path, setup: tuple[str, ...]) -> None:
    assert found(tmp_path, "numpy==1", "numpy==1", setup) == (None, None)


def test_one_side_that_is_not_understood_keeps_the_other_from_sharing(tmp_path: Path) -> None:
    assert found(tmp_path, HASHED, "-e .") == (None, None)
