"""Where compiled kernels are kept."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from worker import kernel_cache as module
from worker.kernel_cache import copied_cache, kernel_cache


def test_the_folder_is_that_of_these_sources(tmp_path: Path) -> None:
    first, second = kernel_cache(tmp_path), kernel_cache(tmp_path)
    assert first is not None
    assert first == second
    assert first.is_dir()


def test_other_sources_have_another_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sources = tmp_path / "sources"
    sources.mkdir()
    (sources / "a.py").write_text("x = 1\n")
    monkeypatch.setattr(module.engine.backtest, "__path__", [str(sources)])
    found = []
    for text in ("x = 1\n", "x = 2\n", "x = 1\n"):
        module._sources_hash.cache_clear()
        (sources / "a.py").write_text(text)
        found.append(kernel_cache(tmp_path / "cache"))
    module._sources_hash.cache_clear()
    assert found[0] == found[2] != found[1]


def test_only_a_few_folders_of_former_sources_are_kept(tmp_path: Path) -> None:
    for age in range(8):
        (tmp_path / f"former{age}").mkdir()
        os.utime(tmp_path / f"former{age}", (age, age))
    current = kernel_cache(tmp_path)
    kept = {one.name for one in tmp_path.iterdir()}
    assert kept == {"former4", "former5", "former6", "former7", current.name if current else ""}


def test_a_place_that_cannot_be_written_to_is_none(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert kernel_cache(tmp_path / "file") is None


def test_the_users_own_folder_is_the_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    found = kernel_cache()
    assert found is not None
    assert found.parent == tmp_path / "highwater" / "kernels"


def test_a_copy_is_apart_from_what_it_was_copied_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "mine"))
    kept = kernel_cache()
    assert kept is not None
    (kept / "kernel.nbi").write_text("compiled")
    copy = copied_cache(tmp_path / "theirs")
    (copy / "kernel.nbi").write_text("spoilt")
    assert (kept / "kernel.nbi").read_text() == "compiled"


def test_a_file_that_is_gone_while_it_is_copied_is_done_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "mine"))
    kept = kernel_cache()
    assert kept is not None
    (kept / "kernel.nbi").write_text("compiled")
    (kept / "gone.nbc").symlink_to(tmp_path / "gone")
    copy = copied_cache(tmp_path / "theirs")
    assert [one.name for one in copy.iterdir()] == ["kernel.nbi"]
