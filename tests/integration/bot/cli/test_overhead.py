"""``highwater overhead`` as a person uses it: real strategies over bars in a repository."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.fakes.cli import CommandResult, run_cli
from tests.fakes.tasks import write_files

STRATEGY = """\
from highwater import PythonRule, StopLoss, Strategy

class Up(Strategy):
    every: int = 20

    def on_bar(self, ctx):
        if ctx.t % self.every == 0:
            self.buy()
        elif ctx.t % self.every == 15:
            self.close()

class Armed(Up):
    def rules(self):
        return (StopLoss(0.9),)

class Watched(Armed):
    def rules(self):
        return (*super().rules(), PythonRule(lambda position: sum(range(600)) and None))

class One(Up):
    def rules(self):
        return StopLoss(0.9)

class Broken(Up):
    def on_bar(self, ctx):
        raise ValueError("no bars for me")

class Leaving(Up):
    def on_start(self, market):
        raise SystemExit("enough")
"""
BARS = 600


def spec(name: str, *more: str) -> str:
    lines = (f"strategy: strategy.py:{name}", "data: prices.csv", "periods_per_year: 252", *more)
    return "\n".join(lines) + "\n"


def prices() -> str:
    days = np.datetime64("2001-01-01") + np.arange(BARS)
    rows = [f"{day},{100 + n % 7},108,99,{101 + n % 5}" for n, day in enumerate(days)]
    return "\n".join(["date,open,high,low,close", *rows]) + "\n"


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    files = {"strategy.py": STRATEGY, "prices.csv": prices(), ".git/HEAD": ""}
    monkeypatch.chdir(write_files(tmp_path, files))
    monkeypatch.setenv("HIGHWATER_CACHE_DIR", str(tmp_path / ".git/cache"))
    return tmp_path


def overhead(repository: Path, name: str, *flags: str, more: tuple[str, ...] = ()) -> CommandResult:
    (repository / "one.yaml").write_text(spec(name, *more))
    return run_cli("overhead", "one.yaml", "--rounds", "10", *flags)


def parts(result: CommandResult) -> list[dict[str, Any]]:
    assert (result.code, result.stderr) == (0, "")
    found: list[dict[str, Any]] = json.loads(result.stdout)["parts"]
    return found


def test_json_says_what_each_part_adds_and_is_what_is_written(repository: Path) -> None:
    result = overhead(repository, "Armed", "--format", "json")

    found = parts(result)
    document = json.loads(result.stdout)
    written = json.loads((repository / "runs/overheads/one/overhead.json").read_text())
    assert {key: document[key] for key in written} == written
    kept = ("strategy", "bars", "assets", "rounds")
    assert [written[key] for key in kept] == ["strategy.py:Armed", BARS, 1, 10]
    assert [part["name"] for part in found] == ["engine", "hooks", "compiled_rules"]
    assert [part["share"] is None for part in found] == [True, False, False]
    engine, hooks, _ = found
    assert hooks["run_ns"] == pytest.approx(engine["run_ns"] + hooks["added_ns"])
    assert hooks["event_ns"] == pytest.approx(hooks["added_ns"] / BARS)
    assert hooks["low"] <= hooks["high"]


def test_rules_in_python_are_counted_apart_and_are_seen_to_be_slow(repository: Path) -> None:
    found = parts(overhead(repository, "Watched", "--format", "json"))

    assert [part["name"] for part in found] == ["engine", "hooks", "compiled_rules", "python_rules"]
    compiled, python = found[2:]
    assert python["added_ns"] > 2 * abs(compiled["added_ns"])
    assert python["share"] > 0.5


def test_a_strategy_without_rules_has_no_part_for_them(repository: Path) -> None:
    found = parts(overhead(repository, "Up", "--format", "json"))
    assert [part["name"] for part in found] == ["engine", "hooks"]


def test_a_single_rule_is_a_part_too(repository: Path) -> None:
    found = parts(overhead(repository, "One", "--format", "json"))
    assert [part["name"] for part in found] == ["engine", "hooks", "compiled_rules"]


def test_rules_of_the_spec_are_a_part_too(repository: Path) -> None:
    risk = ("params: {every: 30}", "risk:", "  - trailing_stop: {fraction: 0.3}")
    found = parts(overhead(repository, "Up", "--format", "json", more=risk))
    assert found[-1]["name"] == "compiled_rules"


def test_a_person_reads_a_line_a_part(repository: Path) -> None:
    result = overhead(repository, "Watched", "--out", "there")

    assert (result.code, result.stderr) == (0, "")
    time, share = r"-?[\d.]+ (ns|µs|us|ms|s)", r"[+-][\d,.]+ % \([+-][\d,.]+ % … [+-][\d,.]+ %\)"
    cost = rf"({time} +{time}|not measurable)"
    expected = [
        r"strategy\.py:Watched",
        r"600 bars of 1 asset, 10 rounds in turns, the 10th centile of each",
        r"",
        r" +adds +an event +of the run before it +what it is",
        rf"engine +{time} +{time} +carrying out the orders",
        rf"strategy +{cost} +{share} +its code, and handing each event to it",
        rf"rules, compiled +{cost} +{share} +kept as levels",
        rf"rules in Python +{cost} +{share} +asked at each close of a held asset",
        rf"all of it +{time}",
        r"In brackets: the quartiles over the rounds; not measurable where 0 is between them\.",
        r"",
        r"Written to there/overhead\.json",
    ]
    lines = result.stdout.splitlines()
    assert len(lines) == len(expected), result.stdout
    for line, pattern in zip(lines, expected, strict=True):
        assert re.fullmatch(pattern, line), line


TELLING = """\
import os
from strategy import Up

class Telling(Up):
    def on_start(self, market):
        names = ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "NUMBA_CACHE_DIR")
        raise SystemExit(" ".join(f"{name}={os.environ.get(name)}" for name in names))
"""


def test_the_process_has_one_thread_and_a_place_for_kernels(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (repository / "telling.py").write_text(TELLING)
    (repository / "one.yaml").write_text(spec("Telling").replace("strategy.py", "telling.py"))
    monkeypatch.setenv("HIGHWATER_CACHE_DIR", "/proc/none")
    result = run_cli("overhead", "one.yaml", "--rounds", "10")
    assert "NUMBA_NUM_THREADS=1 OMP_NUM_THREADS=1 NUMBA_CACHE_DIR=/" in result.stderr
    assert "NUMBA_CACHE_DIR=/proc" not in result.stderr


@pytest.mark.parametrize(
    "name,words",
    [
        ("Broken", "ValueError: no bars for me"),
        ("Leaving", "enough"),
        ("Nothing", "strategy.py:Nothing is not there"),
        ("STRATEGY", "strategy.py:STRATEGY is not there"),
    ],
)
def test_a_strategy_that_fails_ends_with_1_and_its_own_words(
    repository: Path, name: str, words: str
) -> None:
    result = overhead(repository, name)

    assert (result.code, result.stdout) == (1, "")
    assert words in result.stderr
    assert not (repository / "runs").exists()


@pytest.mark.parametrize(
    "line,part",
    [
        ("data: none.csv", "none.csv"),
        ("strategy: none.py:Up", "none.py"),
        ("parms: {}", "parms"),
    ],
)
def test_a_wrong_spec_ends_with_5_and_its_place(repository: Path, line: str, part: str) -> None:
    key = line.partition(":")[0]
    kept = [one for one in spec("Up").splitlines() if not one.startswith(f"{key}:")]
    (repository / "one.yaml").write_text("\n".join([*kept, line]))

    result = run_cli("overhead", "one.yaml")

    assert (result.code, part in result.stderr) == (5, True)
    assert "where: one.yaml" in result.stderr


def test_a_spec_that_is_not_there_ends_with_5(repository: Path) -> None:
    result = run_cli("overhead", "none.yaml")
    assert (result.code, "none.yaml" in result.stderr) == (5, True)


def test_too_few_rounds_are_refused(repository: Path) -> None:
    (repository / "one.yaml").write_text(spec("Up"))
    result = run_cli("overhead", "one.yaml", "--rounds", "9")
    assert (result.code, "--rounds" in result.stderr) == (2, True)
