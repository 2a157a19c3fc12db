"""What is done of a sweep outlives the program, and is never mixed with another sweep's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from engine.errors import UserError
from engine.sweep.row_files import encode_rows
from engine.sweep.rows import SweepRow
from tests.fakes.sweeps import failed_row, row
from worker.executors.points import Done
from worker.sweep_journal import JOURNAL, Identity, begun, resumed

ROWS: dict[int, tuple[SweepRow, ...]] = {
    0: (row("a", 0.1 + 0.2, 1 / 3, elapsed_s=0.123456789012345),),
    2: (row("c", 5e-324, -0.0, fold=0), row("c", 3, 1e308, fold=1, signature="f" * 64)),
    1: (failed_row("b", "ValueError: ü\nline two"),),
}


def identity(**changed: Any) -> Identity:
    plain: dict[str, Any] = {"spec": "s", "code": "c", "data": "d", "versions": {"python": "3"}}
    return Identity(**{**plain, "points": 4, **changed})


def written(folder: Path) -> Path:
    with begun(folder, identity()) as journal:
        for place, rows in ROWS.items():
            journal.keep(Done(place, rows))
    return folder / JOURNAL


def read(folder: Path) -> dict[int, tuple[SweepRow, ...]]:
    found = resumed(folder, identity())
    assert found is not None
    with found[0]:
        return dict(found[1])


def test_rows_come_back_to_the_byte(tmp_path: Path) -> None:
    written(tmp_path)
    found = read(tmp_path)
    assert found.keys() == ROWS.keys()
    for place, rows in ROWS.items():
        assert encode_rows(found[place]) == encode_rows(rows)


def test_what_is_kept_is_there_before_the_journal_is_closed(tmp_path: Path) -> None:
    with begun(tmp_path, identity()) as journal:
        journal.keep(Done(0, ROWS[0]))
        assert (tmp_path / JOURNAL).read_bytes().count(b"\n") == 2


@pytest.mark.parametrize("lost", [1, 2, 50])
def test_a_line_that_was_being_written_does_not_count(tmp_path: Path, lost: int) -> None:
    path = written(tmp_path)
    path.write_bytes(path.read_bytes()[:-lost])
    assert read(tmp_path).keys() == {0, 2}


def test_after_a_torn_line_new_ones_are_whole(tmp_path: Path) -> None:
    path = written(tmp_path)
    path.write_bytes(path.read_bytes()[:-5])
    found = resumed(tmp_path, identity())
    assert found is not None
    with found[0] as journal:
        journal.keep(Done(3, ROWS[1]))
    assert read(tmp_path).keys() == {0, 2, 3}


def test_without_a_journal_there_is_nothing_to_resume(tmp_path: Path) -> None:
    assert resumed(tmp_path, identity()) is None


def test_a_journal_cut_within_its_first_line_is_none(tmp_path: Path) -> None:
    (tmp_path / JOURNAL).write_bytes(msgspec.json.encode(identity())[:-3])
    assert resumed(tmp_path, identity()) is None


@pytest.mark.parametrize(
    "changed, told",
    [
        ({"spec": "x"}, "another spec"),
        ({"code": "x"}, "other code"),
        ({"data": "x"}, "other data"),
        ({"versions": {"python": "4"}}, "other versions of Python or its packages"),
        ({"points": 5}, "another number of points"),
        ({"spec": "x", "data": "x"}, "another spec, other data"),
    ],
)
def test_the_journal_of_another_sweep_is_refused(
    tmp_path: Path, changed: dict[str, Any], told: str
) -> None:
    before = written(tmp_path).read_bytes()
    with pytest.raises(UserError, match=f"of {told}") as caught:
        resumed(tmp_path, identity(**changed))
    assert "without --resume" in caught.value.remedy
    assert (tmp_path / JOURNAL).read_bytes() == before


@pytest.mark.parametrize("damage", [b"{}\n", b"\xff\n", b'{"place": 0, "rows": []}\n', b"\n"])
def test_a_damaged_journal_is_refused(tmp_path: Path, damage: bytes) -> None:
    path = written(tmp_path)
    path.write_bytes(path.read_bytes() + damage)
    with pytest.raises(UserError, match="damaged"):
        resumed(tmp_path, identity())


def test_a_point_without_rows_is_damage(tmp_path: Path) -> None:
    path = written(tmp_path)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:2], b'{"place":3,"rows":[]}\n']))
    with pytest.raises(UserError, match="damaged"):
        resumed(tmp_path, identity())


def test_a_place_beyond_the_points_is_damage(tmp_path: Path) -> None:
    with begun(tmp_path, identity()) as journal:
        journal.keep(Done(4, ROWS[0]))
    with pytest.raises(UserError, match="damaged"):
        resumed(tmp_path, identity())


def test_a_new_sweep_begins_an_empty_journal(tmp_path: Path) -> None:
    written(tmp_path)
    begun(tmp_path, identity()).__exit__(None, None, None)
    assert read(tmp_path) == {}


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="could not be written"):
        begun(tmp_path / "file", identity())
