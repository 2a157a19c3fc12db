"""Temporary files of tests are kept in memory only where that takes nothing from anybody."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from tests import temporary

PLENTY = 64 << 30


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TMPDIR", raising=False)
    monkeypatch.setattr(tempfile, "tempdir", tempfile.tempdir)


def test_a_folder_that_is_not_there_is_unfit(tmp_path: Path) -> None:
    assert not temporary.is_fit(tmp_path / "none", PLENTY)


def test_a_folder_without_room_is_unfit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(temporary, "LEAST_FREE", 1)
    assert temporary.is_fit(tmp_path, PLENTY)

    monkeypatch.setattr(temporary, "LEAST_FREE", 1 << 60)
    assert not temporary.is_fit(tmp_path, PLENTY)


def test_a_machine_short_of_memory_keeps_them_on_its_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(temporary, "LEAST_FREE", 1)

    assert not temporary.is_fit(tmp_path, temporary.LEAST_AVAILABLE)


@pytest.mark.usefixtures("bare")
def test_a_fit_folder_is_used_by_this_process_and_what_it_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(temporary, "LEAST_FREE", 1)
    monkeypatch.setattr(temporary, "LEAST_AVAILABLE", 1)

    assert temporary.keep_in_memory(tmp_path)

    assert tempfile.gettempdir() == str(tmp_path)


def test_a_place_that_a_person_chose_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path / "mine"))

    assert not temporary.keep_in_memory(tmp_path)
