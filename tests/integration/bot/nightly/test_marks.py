"""Which commits the accepted levels are of, read off the baseline files of a real repository."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bot.mirror import Mirror
from bot.nightly import marks as marks_module
from bot.nightly.marks import Mark, Marks, marks_of
from engine.configuration_file import parse_configuration
from engine.values import CommitSha
from tests.fakes.git_repositories import BareRepository

NOW = "2026-11-20T12:00:00Z"
CONFIGURATION = b"""\
version: 1
suites:
  core: {kind: benchmark, command: [a, "{out}"], format: samples}
  io: {kind: benchmark, command: [b, "{out}"], format: samples}
  smoke: {kind: sweep, spec: s.yaml, budget: b.yaml, baseline: base.json}
  lint: {kind: command, command: [make]}
"""
LEVEL = {"mean_ns": 1e7, "std_dev_ns": 1e5, "sample_size": 60}


@pytest.fixture
def disk(tmp_path: Path) -> BareRepository:
    made = BareRepository.create(tmp_path, "ada/strategies")
    made.commit("main", {"README.md": "one\n"})
    return made


def found(disk: BareRepository, tip: str, **known: frozenset[str]) -> tuple[Mark, ...]:
    return stored(disk, tip, **known).marks


def stored(disk: BareRepository, tip: str, **known: frozenset[str]) -> Marks:
    configuration = parse_configuration(CONFIGURATION).configuration

    def cases(suite: str) -> frozenset[str]:
        return known.get(suite, frozenset())

    return marks_of(Mirror(disk.directory), CommitSha(tip), configuration, cases, NOW)


def platform(commit: str | None, cases: dict[str, Any], **fields: Any) -> bytes:
    """Make the file of a platform, whose hardware is all ``f`` unless *fields* say otherwise."""
    return msgspec.json.encode(
        {
            "version": 1,
            "platform": "x86_64-linux-gnu",
            "cpu": "EPYC",
            "timestamp": "2026-11-02T00:00:00Z",
            "fingerprint": "f" * 16,
            "git_sha": commit,
            "baselines": cases,
            **fields,
        }
    )


def sweep(commit: str) -> bytes:
    return msgspec.json.encode(
        {
            "git_sha": commit,
            "created_utc": "2026-11-01T00:00:00Z",
            "metric": "sharpe",
            "mode": "max",
            "leaderboard": [{"metric": 1.0}],
            "timing": {"p50": 1.0, "p90": 2.0},
            "summary": {"best_metric": 1.0, "success_rate": 1.0, "total_runs": 4},
        }
    )


PLACE = "benchmarks/baselines/x86_64-linux-gnu-ffffffff.json"


def test_a_platforms_file_makes_one_mark_of_every_benchmark_suite(disk: BareRepository) -> None:
    origin = disk.commit("main", {"a": "1"})
    tip = disk.commit("main", {PLACE: platform(origin, {"parse": LEVEL})})

    (mark,) = found(disk, tip)

    assert (mark.commit, mark.file, mark.suites) == (origin, PLACE, ("core", "io"))
    assert mark.cases == {"parse"}
    assert mark.expired == ()


def test_a_suite_that_was_never_measured_with_any_of_the_cases_is_not_paired(
    disk: BareRepository,
) -> None:
    origin = disk.commit("main", {"a": "1"})
    tip = disk.commit("main", {PLACE: platform(origin, {"parse": LEVEL})})

    (mark,) = found(disk, tip, io=frozenset({"read"}), core=frozenset({"parse", "price"}))

    assert mark.suites == ("core",)


def test_cases_that_were_accepted_at_another_commit_are_a_mark_of_their_own(
    disk: BareRepository,
) -> None:
    first, second = disk.commit("main", {"a": "1"}), disk.commit("main", {"a": "2"})
    levels = {"parse": LEVEL, "price": {**LEVEL, "git_sha": second}}
    tip = disk.commit("main", {PLACE: platform(first, levels)})

    marks = {mark.commit: mark.cases for mark in found(disk, tip)}

    assert marks == {first: {"parse"}, second: {"price"}}


def test_a_sweeps_short_name_of_its_commit_is_made_whole(disk: BareRepository) -> None:
    origin = disk.commit("main", {"a": "1"})
    tip = disk.commit("main", {"base.json": sweep(origin[:7])})

    (mark,) = found(disk, tip)

    assert (mark.commit, mark.suites, mark.cases) == (origin, ("smoke",), frozenset())


def test_a_sweeps_whole_commit_may_be_one_that_is_still_to_be_fetched(
    disk: BareRepository,
) -> None:
    squashed = "ab" * 20
    tip = disk.commit("main", {"base.json": sweep(squashed)})

    assert [mark.commit for mark in found(disk, tip)] == [squashed]


def test_hardware_is_held_to_its_own_level_and_other_hardware_to_any(disk: BareRepository) -> None:
    first, second = disk.commit("main", {"a": "1"}), disk.commit("main", {"a": "2"})
    other = PLACE.replace("ffffffff", "eeeeeeee")
    files = {
        PLACE: platform(first, {"parse": LEVEL, "price": LEVEL}),
        other: platform(second, {"parse": LEVEL}, fingerprint="e" * 16),
    }
    tip = disk.commit("main", files)

    held = {
        hardware: {str(mark.commit): set(mark.cases_on(hardware * 16)) for mark in found(disk, tip)}
        for hardware in "fe0"
    }

    assert held == {
        "f": {first: {"parse", "price"}, second: set()},
        "e": {first: {"price"}, second: {"parse"}},
        "0": {first: {"parse", "price"}, second: {"parse"}},
    }


def test_a_level_of_an_unknown_commit_is_still_the_level_of_its_hardware(
    disk: BareRepository,
) -> None:
    first = disk.commit("main", {"a": "1"})
    other = PLACE.replace("ffffffff", "eeeeeeee")
    nameless = platform(None, {"parse": LEVEL}, fingerprint="e" * 16)
    tip = disk.commit("main", {PLACE: platform(first, {"parse": LEVEL}), other: nameless})

    (mark,) = found(disk, tip)

    assert mark.cases_on("f" * 16) == {"parse"}
    assert mark.cases_on("e" * 16) == frozenset()


def test_a_suite_is_held_to_the_commit_of_its_own_cases_alone(disk: BareRepository) -> None:
    first, second = disk.commit("main", {"a": "1"}), disk.commit("main", {"a": "2"})
    levels = {"parse": LEVEL, "read": {**LEVEL, "git_sha": second}}
    tip = disk.commit("main", {PLACE: platform(first, levels)})

    held = stored(disk, tip, core=frozenset({"parse"}), io=frozenset({"read"})).of(first)

    assert held is not None
    assert held.holds("core", "parse", "f" * 16)
    assert not held.holds("io", "read", "f" * 16)


def test_files_of_one_commit_are_one_mark(disk: BareRepository) -> None:
    origin = disk.commit("main", {"a": "1"})
    files = {"base.json": sweep(origin), PLACE: platform(origin, {"parse": LEVEL})}
    tip = disk.commit("main", files)

    (mark,) = found(disk, tip)

    assert mark.suites == ("core", "io", "smoke")
    assert mark.file == PLACE  # recorded later


def test_what_has_expired_is_named_and_paired_all_the_same(disk: BareRepository) -> None:
    origin = disk.commit("main", {"a": "1"})
    old = platform(origin, {"parse": LEVEL}, expires_utc="2026-11-10T00:00:00Z")
    tip = disk.commit("main", {PLACE: old})

    assert [mark.expired for mark in found(disk, tip)] == [(PLACE,)]


@pytest.mark.parametrize(
    "content, is_read",
    [
        (b"{", False),
        (b"\xff", False),
        (platform("main", {"parse": LEVEL}), False),
        (platform(None, {"parse": LEVEL}), True),
    ],
    ids=["broken", "binary", "a-branch", "no-commit"],
)
def test_a_file_that_names_no_commit_keeps_no_other_from_being_read(
    disk: BareRepository, content: bytes, caplog: pytest.LogCaptureFixture, *, is_read: bool
) -> None:
    caplog.set_level(logging.WARNING)
    origin = disk.commit("main", {"a": "1"})
    other = PLACE.replace("ffffffff", "eeeeeeee")
    good = platform(origin, {"parse": LEVEL})
    tip = disk.commit("main", {other: content, PLACE: good})

    marks = stored(disk, tip)

    assert [mark.commit for mark in marks.marks] == [origin]
    assert marks.unread == (() if is_read else (other,))


def test_a_file_that_is_too_large_is_one_that_cannot_be_read(
    disk: BareRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(marks_module, "MAX_FILE_BYTES", 100)
    origin = disk.commit("main", {"a": "1"})
    tip = disk.commit("main", {PLACE: platform(origin, {"parse": LEVEL})})

    assert stored(disk, tip) == Marks(unread=(PLACE,))
