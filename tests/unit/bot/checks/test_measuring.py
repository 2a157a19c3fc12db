"""Which of the files that measure a suite a pull request changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec
import pytest

from bot.checks.measuring import MAX_NAMED, measuring_changed
from engine.configuration import Suite
from engine.values import CommitSha
from tests.fakes.evidence import BASE, HEAD, benchmark_order, sweep_order

SPEC = "strategy: own/s.py:f\ngrid: {fast: [5]}\nseed: 7\nmetric: sharpe\nmode: max\n"


@dataclass(frozen=True)
class Differing:
    """Commits that differ in the *rewritten* files; *spec* is the base's sweep spec."""

    rewritten: tuple[str, ...]
    spec: str = SPEC

    def read(self, commit: CommitSha, path: str) -> bytes | None:
        assert (commit, path) == (BASE, "sweeps/ci_smoke.yaml")
        return self.spec.encode()

    def kind_of(self, _commit: CommitSha, _path: str) -> str | None:
        raise AssertionError

    def rewritten_paths(self, base: CommitSha, head: CommitSha) -> tuple[str, ...]:
        assert (base, head) == (BASE, HEAD)
        return self.rewritten


def changed(measures: list[str], *rewritten: str) -> tuple[str, ...]:
    return measuring_changed(benchmark_order(measures=measures), Differing(rewritten))


def of_sweep(*rewritten: str, spec: str = SPEC, **fields: Any) -> tuple[str, ...]:
    order = sweep_order()
    suite: Suite = msgspec.structs.replace(order.suite, **fields)
    order = msgspec.structs.replace(order, suite=suite)
    return measuring_changed(order, Differing(rewritten, spec))


@pytest.mark.parametrize(
    "measures, rewritten, found",
    [
        (["bench.py"], ("bench.py", "work.py"), ("bench.py",)),
        (["bench/**"], ("bench/b.py", "bench/a/c.py", "d.py"), ("bench/a/c.py", "bench/b.py")),
        (["bench/*", "!bench/doc.md"], ("bench/doc.md", "bench/a.py"), ("bench/a.py",)),
        (["bench.py"], ("work.py",), ()),
        ([], ("bench.py",), ()),
    ],
)
def test_what_the_globs_match_counts(
    measures: list[str], rewritten: tuple[str, ...], found: tuple[str, ...]
) -> None:
    assert changed(measures, *rewritten) == found


@pytest.mark.parametrize(
    "path, counts",
    [
        ("benchmarks/baselines/x86_64-linux-gnu-01234567.json", False),
        ("benchmarks/baselines/bench.py", True),
        ("benchmarks/baselines/data/rows.json", True),
        ("benchmarks/data.json", True),
    ],
)
def test_a_promoted_level_among_the_measuring_files_measures_nothing(
    path: str, counts: bool
) -> None:
    assert changed(["benchmarks/**"], path) == ((path,) if counts else ())


def test_nor_does_a_sweeps_declared_baseline() -> None:
    files = ("sweeps/level.json", "sweeps/prod.json", "sweeps/ci_smoke.yaml")
    several = {"dev": "sweeps/level.json", "prod": "sweeps/prod.json"}

    assert of_sweep(*files, measures=["sweeps/**"], baseline=several) == ("sweeps/ci_smoke.yaml",)


def test_a_word_that_is_no_glob_matches_nothing() -> None:
    assert changed(["!", "bench.py"], "bench.py", "!") == ("bench.py",)


def test_a_sweeps_spec_and_data_count_whatever_it_declares() -> None:
    spec = f"{SPEC}data: [data/prices.csv, data/more]\n"
    rewritten = ("sweeps/ci_smoke.yaml", "data/prices.csv", "data/more/a.csv", "data/moreover.csv")

    found = of_sweep(*rewritten, spec=spec, measures=("loader.py",))

    assert found == ("data/more/a.csv", "data/prices.csv", "sweeps/ci_smoke.yaml")


def test_a_loader_that_a_sweep_declares_counts() -> None:
    assert of_sweep("loader.py", "own/s.py", measures=("loader.py",)) == ("loader.py",)


def test_a_spec_that_is_broken_at_the_base_counts_by_itself() -> None:
    assert of_sweep("sweeps/ci_smoke.yaml", spec="strategy: [") == ("sweeps/ci_smoke.yaml",)


def test_a_name_that_is_not_utf_8_can_be_sent() -> None:
    (found,) = changed(["*.py"], "b\udcffd.py")
    assert msgspec.json.decode(msgspec.json.encode(found)) == "b\ufffdd.py"


def test_of_very_many_the_first_are_named() -> None:
    many = tuple(f"bench/{number:04d}.py" for number in range(5000))
    assert changed(["bench/**"], *many) == many[:MAX_NAMED]
