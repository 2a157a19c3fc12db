"""Data mounts of a runner: what is in them, and suites that are measured on them."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from engine.errors import CandidateError
from engine.orders import CommandEvidence, RunReport
from tests.fakes.orders import Work
from worker.data_mounts import mounted
from worker.data_setting import parse_mounts
from worker.missing_mounts import MissingMountError
from worker.run import carry_out

READS = """\
import os, pathlib
print(pathlib.Path(os.environ["HIGHWATER_DATA_PRICES"], "a.csv").read_text())
"""
AGES_NS = 10 * 10**9


@pytest.fixture
def mount(tmp_path: Path) -> Path:
    folder = tmp_path / "mount"
    (folder / "deep").mkdir(parents=True)
    (folder / "a.csv").write_text("one")
    (folder / "deep" / "b.csv").write_text("two")
    return folder


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def fingerprint(path: Path, cache: Path) -> str:
    return mounted(("m",), {"m": path}, cache / "mounts")[0].fingerprint


def aged(file: Path) -> None:
    """Make a file old enough for its times to tell every later change."""
    found = file.stat()
    os.utime(file, ns=(found.st_atime_ns - AGES_NS, found.st_mtime_ns - AGES_NS))


def test_the_same_content_elsewhere_has_the_same_fingerprint(mount: Path, cache: Path) -> None:
    other = mount.with_name("other")
    (other / "deep").mkdir(parents=True)
    (other / "deep" / "b.csv").write_text("two")
    (other / "a.csv").write_text("one")
    assert fingerprint(other, cache) == fingerprint(mount, cache)


@pytest.mark.parametrize("change", ["content", "name", "more", "less"])
def test_any_change_of_a_file_is_another_fingerprint(mount: Path, cache: Path, change: str) -> None:
    before = fingerprint(mount, cache)
    match change:
        case "content":
            (mount / "a.csv").write_text("ONE")
        case "name":
            (mount / "a.csv").rename(mount / "c.csv")
        case "more":
            (mount / "c.csv").write_text("")
        case _:
            (mount / "a.csv").unlink()
    assert fingerprint(mount, cache) != before


def test_a_mount_may_be_one_file(mount: Path, cache: Path) -> None:
    before = fingerprint(mount / "a.csv", cache)
    (mount / "a.csv").rename(mount / "c.csv")
    assert fingerprint(mount / "c.csv", cache) == before
    (mount / "c.csv").write_text("three")
    assert fingerprint(mount / "c.csv", cache) != before


def test_what_is_known_of_a_file_is_not_read_again(
    mount: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.data_mounts._SETTLED_NS", -AGES_NS)  # nothing is too young
    before = fingerprint(mount, cache)
    opened: list[Path] = []
    really = Path.open

    def watched(self: Path, *args: object, **kwargs: object) -> object:
        opened.append(self)
        return really(self, *args, **kwargs)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", watched)
    assert fingerprint(mount, cache) == before
    assert [one for one in opened if one.suffix == ".csv"] == []
    (mount / "a.csv").write_text("ONE")
    assert fingerprint(mount, cache) != before


def test_a_file_that_was_just_written_is_read_again(mount: Path, cache: Path) -> None:
    before = fingerprint(mount, cache)
    found = (mount / "a.csv").stat()
    (mount / "a.csv").write_text("two")
    os.utime(mount / "a.csv", ns=(found.st_atime_ns, found.st_mtime_ns))
    assert fingerprint(mount, cache) != before


def test_a_broken_note_of_what_is_known_costs_reading_alone(mount: Path, cache: Path) -> None:
    before = fingerprint(mount, cache)
    for note in (cache / "mounts").iterdir():
        note.write_text("{")
    assert fingerprint(mount, cache) == before


def test_links_to_folders_and_what_is_no_file_are_refused(mount: Path, cache: Path) -> None:
    (mount / "link").symlink_to(mount.parent)
    with pytest.raises(MissingMountError, match="a link to a folder"):
        fingerprint(mount, cache)
    (mount / "link").unlink()
    os.mkfifo(mount / "pipe")
    with pytest.raises(MissingMountError, match="which is no file"):
        fingerprint(mount, cache)


def test_a_change_while_it_was_measured_on_is_found_and_named(mount: Path, cache: Path) -> None:
    (found,) = mounted(("m",), {"m": mount}, cache)
    found.refuse_changed()
    (mount / "deep" / "b.csv").write_text("2")
    with pytest.raises(CandidateError) as caught:
        found.refuse_changed()
    assert str(caught.value) == "the data mount m changed while it was measured on\ndeep/b.csv"


def test_a_mount_that_is_not_there_names_itself_and_the_flag(cache: Path) -> None:
    with pytest.raises(MissingMountError) as caught:
        mounted(("sp500",), {"other": cache}, cache)
    assert "the data mount sp500 is not on this machine (known are other)" in str(caught.value)
    assert "`--data sp500=PATH`" in str(caught.value)


def carried(tmp_path: Path, code: str, mounts: str | None, **suite: object) -> RunReport:
    work = Work(tmp_path)
    source = work.repository({"read.py": code}, {"README.md": "head"})
    order = source.order(
        kind="command",
        command=["python", "read.py"],
        format=None,
        **{"data": {"prices": {"mount": "m"}}, **suite},  # type: ignore[arg-type]
    )
    settings = work.settings
    if mounts is not None:
        settings = replace(settings, data=parse_mounts(mounts))
    return carry_out(order, work.place(order, source).bundle, settings)


def test_a_command_finds_its_data_by_a_variable_and_the_report_says_what_was_in_it(
    tmp_path: Path, mount: Path, cache: Path
) -> None:
    report = carried(tmp_path, READS, f"m={mount},unused=/nowhere")

    assert report.failure is None
    assert isinstance(report.evidence, CommandEvidence)
    assert report.evidence.head.succeeded, report.evidence.head.tail
    assert report.data == {"m": fingerprint(mount, cache)}


def test_a_runner_without_the_mount_says_so_and_blames_nobody(tmp_path: Path) -> None:
    report = carried(tmp_path, READS, None)

    assert report.failure is not None
    assert report.failure.blame == "runner"
    assert "the data mount m is not on this machine" in report.failure.step
    assert "--data m=PATH" in report.failure.step
    assert report.data == {}


def test_code_that_changes_its_data_fails(tmp_path: Path, mount: Path) -> None:
    writes = (
        "import os, pathlib\npathlib.Path(os.environ['HIGHWATER_DATA_PRICES'], 'new').touch()\n"
    )
    report = carried(tmp_path, writes, f"m={mount}")

    assert report.failure is not None
    assert (report.failure.step, report.failure.tail) == ("the data mount m", "new")


def test_setup_does_not_see_where_the_data_is(tmp_path: Path, mount: Path) -> None:
    work = Work(tmp_path)
    source = work.repository({"read.py": READS}, {"README.md": "head"})
    check = "import os, sys; sys.exit('HIGHWATER_DATA_PRICES' in os.environ)"
    order = source.order(
        kind="command",
        command=["python", "read.py"],
        format=None,
        data={"prices": {"mount": "m"}},
        setup=(("python", "-c", check),),
    )
    settings = replace(work.settings, data=parse_mounts(f"m={mount}"))
    assert carry_out(order, work.place(order, source).bundle, settings).failure is None


def test_an_old_file_is_noted_and_a_young_one_is_not(mount: Path, cache: Path) -> None:
    aged(mount / "a.csv")  # its modification is old, its change is not: the stricter counts
    fingerprint(mount, cache)
    (note,) = (cache / "mounts").iterdir()
    assert note.read_bytes() == b"{}"
