"""A bundle becomes two work trees with one set of measuring files, and carries out nothing."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from pathlib import Path

import pytest

from engine.errors import CandidateError, TransientError, UserError
from engine.orders import RunOrder
from engine.values import Side
from tests.fakes.orders import Files, Source, Work, read
from worker.checkout import Checkout, check_out

SPEC = """\
strategy: strategies/trend.py:evaluate
grid: {fast: [1, 2]}
metric: sharpe
mode: max
data: data/prices.csv
"""
BASE = {"core.py": "base\n", "benchmarks/a.py": "a1\n", "benchmarks/deep/b.py": "b1\n"}
MEASURES = ["benchmarks/**"]


def trees(work: Work, source: Source, order: RunOrder) -> Mapping[Side, Path]:
    return checked_out(work, source, order).trees


def checked_out(work: Work, source: Source, order: RunOrder) -> Checkout:
    into = work.folder / "into"
    into.mkdir()
    return check_out(work.place(order, source).bundle, order, into)


def measured_with(work: Work, base: Files, head: Files, *measures: str) -> Checkout:
    source = work.repository(base, head)
    return checked_out(work, source, source.order(measures=list(measures)))


def both(
    work: Work, base: Files, head: Files, **options: object
) -> tuple[Source, Mapping[Side, Path]]:
    source = work.repository(base, head, **options.pop("repository", {}))  # type: ignore[arg-type]
    return source, trees(work, source, source.order(**options))


@pytest.fixture
def work(tmp_path: Path) -> Work:
    return Work(tmp_path)


def test_each_side_has_its_own_commits_files(work: Work) -> None:
    _, found = both(work, BASE, {"core.py": "head\n"})
    assert read(found, "core.py") == {Side.BASE: "base\n", Side.HEAD: "head\n"}


def test_measuring_files_changed_in_head_are_those_of_the_merge_base(work: Work) -> None:
    _, found = both(work, BASE, {"benchmarks/a.py": "easier\n"}, measures=MEASURES)
    assert read(found, "benchmarks/a.py")[Side.HEAD] == "a1\n"


def test_measuring_files_added_in_head_are_deleted_there(work: Work) -> None:
    _, found = both(work, BASE, {"benchmarks/new.py": "x\n"}, measures=MEASURES)
    assert read(found, "benchmarks/new.py")[Side.HEAD] is None


def test_measuring_files_deleted_in_head_come_back(work: Work) -> None:
    source = work.repository(BASE)
    bare = source.repository
    head = bare.commit("gone", {"benchmarks": "now a file\n"}, onto=None)
    other = Source(bare, source.base, head)
    found = trees(work, other, other.order(measures=MEASURES))
    assert read(found, "benchmarks/deep/b.py")[Side.HEAD] == "b1\n"


def test_heads_own_measuring_files_can_be_laid_back(work: Work) -> None:
    head = {"benchmarks/a.py": "easier\n", "benchmarks/new.py": "x\n"}
    checkout = measured_with(work, BASE, head, *MEASURES)

    checkout.lay_own()

    paths = ("benchmarks/a.py", "benchmarks/new.py", "benchmarks/deep/b.py")
    assert [read(checkout.trees, path)[Side.HEAD] for path in paths] == ["easier\n", "x\n", "b1\n"]
    assert read(checkout.trees, "benchmarks/a.py")[Side.BASE] == "a1\n"
    assert checkout.changed(Side.HEAD, own=True) == ()


def test_what_head_deleted_is_gone_again_with_its_own_measuring_files(work: Work) -> None:
    source = work.repository(BASE)
    kept = {name: text for name, text in BASE.items() if name != "benchmarks/a.py"}
    head = source.repository.commit("gone", kept, onto=None)
    other = Source(source.repository, source.base, head)
    checkout = checked_out(work, other, other.order(measures=MEASURES))

    checkout.lay_own()

    assert read(checkout.trees, "benchmarks/a.py") == {Side.BASE: "a1\n", Side.HEAD: None}


def test_the_file_of_a_benchmarks_cases_is_a_measuring_file(work: Work) -> None:
    base = {"cases.py": "base\n", "core.py": "base\n"}
    _, found = both(
        work,
        base,
        {"cases.py": "h\n", "core.py": "h\n"},
        spec="cases.py",
        command=None,
        format=None,
    )
    assert read(found, "cases.py")[Side.HEAD] == "base\n"
    assert read(found, "core.py")[Side.HEAD] == "h\n"


def test_files_that_no_glob_matches_stay_as_they_are(work: Work) -> None:
    _, found = both(work, BASE, {"core.py": "head\n", "conftest.py": "c\n"}, measures=MEASURES)
    assert read(found, "conftest.py")[Side.HEAD] == "c\n"


def test_a_sweeps_spec_and_data_are_measuring_files_by_themselves(work: Work) -> None:
    base = {"sweeps/s.yaml": SPEC, "data/prices.csv": "1\n", "data/other.csv": "1\n"}
    head = {"sweeps/s.yaml": "grid: {}\n", "data/prices.csv": "2\n", "data/other.csv": "2\n"}
    sweep = {"kind": "sweep", "spec": "sweeps/s.yaml", "command": None, "format": None}
    _, found = both(work, base, head, **sweep)
    assert read(found, "sweeps/s.yaml")[Side.HEAD] == SPEC
    assert read(found, "data/prices.csv")[Side.HEAD] == "1\n"
    assert read(found, "data/other.csv")[Side.HEAD] == "2\n"


def test_a_spec_that_the_merge_base_lacks_is_named(work: Work) -> None:
    sweep = {"kind": "sweep", "spec": "sweeps/new.yaml", "command": None, "format": None}
    with pytest.raises(UserError, match=r"sweeps/new\.yaml: the spec does not exist"):
        both(work, BASE, {"sweeps/new.yaml": SPEC}, **sweep)


def test_a_symbolic_link_in_the_place_of_a_measuring_folder_is_not_written_through(
    work: Work, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    source = work.repository(BASE)
    bare = source.repository
    head = bare.commit("evil", {"core.py": "x"}, links={"benchmarks": str(outside)})
    other = Source(bare, source.base, head)
    found = trees(work, other, other.order(measures=MEASURES))
    assert list(outside.iterdir()) == []
    assert read(found, "benchmarks/a.py")[Side.HEAD] == "a1\n"


def test_deleting_measuring_files_does_not_follow_a_symbolic_link(
    work: Work, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").write_text("keep")
    links = {"repository": {"links": {"benchmarks/link": str(outside)}}}
    _, found = both(work, BASE, {"x": "y"}, measures=MEASURES, **links)
    assert (outside / "precious").read_text() == "keep"
    assert not (found[Side.HEAD] / "benchmarks" / "link").is_symlink()


def test_filters_and_hooks_are_not_carried_out(
    work: Work, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = tmp_path / "ran"
    personal = tmp_path / "gitconfig"
    smudge = f"touch {ran}; cat"
    personal.write_text(
        f'[filter "evil"]\n\tsmudge = "{smudge}"\n[core]\n\thooksPath = {tmp_path}\n'
    )
    (tmp_path / "post-checkout").write_text(f"#!/bin/sh\ntouch {ran}\n")
    (tmp_path / "post-checkout").chmod(0o755)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(personal))
    monkeypatch.setenv("HOME", str(tmp_path))
    both(work, {".gitattributes": "* filter=evil\n", "a": "1\n"}, {"a": "2\n"})
    assert not ran.exists()


def test_a_damaged_bundle_may_be_mended_by_another_try(work: Work) -> None:
    source = work.repository(BASE)
    order = source.order()
    place = work.place(order, source)
    place.bundle.write_bytes(place.bundle.read_bytes()[:-40])
    with pytest.raises(TransientError, match="git fetch failed"):
        check_out(place.bundle, order, work.folder)


def test_a_commit_that_the_bundle_lacks_may_be_mended_by_another_try(work: Work) -> None:
    source = work.repository(BASE)
    absent = Source(source.repository, source.base, "1" * 40)
    with pytest.raises(TransientError, match="git worktree failed"):
        trees(work, absent, absent.order())


def test_paths_with_odd_characters_are_taken_literally(work: Work) -> None:
    odd = "benchmarks/*[a] \n:(glob)é.py"
    _, found = both(work, {**BASE, odd: "1\n"}, {odd: "2\n"}, measures=MEASURES)
    assert read(found, odd)[Side.HEAD] == "1\n"


TIMER = {"bench/timer.py": "def now(): return 1\n", "core.py": "base\n"}


def test_attributes_of_a_side_do_not_change_its_measuring_files(work: Work) -> None:
    head = {".gitattributes": "bench/** text eol=crlf\n"}
    found = measured_with(work, TIMER, head, "bench/**")
    for side in Side:
        written = (found.trees[side] / "bench/timer.py").read_bytes()
        assert written == TIMER["bench/timer.py"].encode()


@pytest.mark.parametrize("path", ["bench/__pycache__/timer.cpython-311.pyc", "lib/timer.pyc"])
def test_bytecode_that_a_side_brings_is_deleted(work: Work, path: str) -> None:
    found = measured_with(work, {**TIMER, path: b"base"}, {path: b"head"}, "bench/timer.py")
    assert [(found.trees[side] / path).exists() for side in Side] == [False, False]
    assert found.changed(Side.HEAD) == ()


def test_a_link_among_measuring_files_comes_back_as_a_link(work: Work) -> None:
    source = work.repository(TIMER, {"bench/link": "a file"})
    bare = source.repository
    base = bare.commit("linked", {}, onto=source.base, links={"bench/link": "../core.py"})
    linked = Source(bare, base, source.head)
    found = trees(work, linked, linked.order(measures=["bench/**"]))
    assert (found[Side.HEAD] / "bench/link").readlink() == Path("../core.py")


def test_measuring_files_that_set_up_changed_are_brought_back(work: Work, tmp_path: Path) -> None:
    found = measured_with(work, {**TIMER, "bench/data/a": "a"}, {"bench/own.py": "x"}, "bench/**")
    head = found.trees[Side.HEAD]
    (head / "bench/timer.py").write_text("def now(): return 0\n")
    (head / "bench/own.py").write_text("back again")
    (head / "bench/data/a").unlink()
    (head / "bench/data").rmdir()
    (head / "bench/data").symlink_to(tmp_path)
    (head / "bench/__pycache__").mkdir()
    (head / "bench/__pycache__/timer.cpython-311.pyc").write_bytes(b"evil")
    assert found.changed(Side.HEAD) == ("bench/data/a", "bench/timer.py")
    found.lay_over()
    assert found.changed(Side.HEAD) == ()
    assert not (head / "bench/own.py").exists()
    assert not (head / "bench/__pycache__").exists()
    assert not (tmp_path / "a").exists()


def test_a_repository_that_set_up_changed_is_not_read_from(work: Work) -> None:
    found = measured_with(work, TIMER, {"core.py": "head\n"}, "bench/**")
    repository = work.folder / "into" / "repository.git"
    blob = found.measuring._files["bench/timer.py"].name
    for pack in (repository / "objects" / "pack").glob("pack-*"):
        pack.unlink()
    forged = repository / "objects" / blob[:2] / blob[2:]
    forged.parent.mkdir(exist_ok=True)
    forged.write_bytes(zlib.compress(b"blob 7\0easier\n"))
    (found.trees[Side.HEAD] / "bench/timer.py").unlink()
    with pytest.raises((CandidateError, TransientError)):
        found.lay_over()
    assert found.changed(Side.HEAD) == ("bench/timer.py",)


@pytest.mark.parametrize("how", ["content", "mode", "kind", "gone"])
def test_a_measuring_file_that_is_not_as_laid_over_is_named(work: Work, how: str) -> None:
    found = measured_with(work, TIMER, {"core.py": "head\n"}, "bench/**")
    file = found.trees[Side.HEAD] / "bench/timer.py"
    if how == "content":
        file.write_text("def now(): return 2\n")
    elif how == "mode":
        file.chmod(0o755)
    else:
        file.unlink()
        if how == "kind":
            file.symlink_to(found.trees[Side.BASE] / "bench/timer.py")
    assert found.changed(Side.HEAD) == ("bench/timer.py",)
    assert found.changed(Side.BASE) == ()
