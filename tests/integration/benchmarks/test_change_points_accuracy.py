"""The watch over a history, held to its bars on simulated histories and on given ones."""

from __future__ import annotations

import gzip
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.accuracy import watchers
from benchmarks.accuracy.change_points import hits, lines, scored
from benchmarks.accuracy.histories import History, histories
from engine.stats.change_points import find_steps

SEED = 7


@pytest.fixture(scope="module")
def simulated() -> dict[tuple[str, str], dict[str, Any]]:
    all_ = list(histories(None, np.random.default_rng(SEED), 3))
    own = watchers.own()
    watches = {name: own[name] for name in ("vote 2 of 3", "naive 5 %")}
    return {(one["data"], one["method"]): one for one in lines(all_, watches)}


def vote(found: dict[tuple[str, str], dict[str, Any]]) -> Iterator[dict[str, Any]]:
    return (line for (_, method), line in found.items() if method == "vote 2 of 3")


def test_noise_alone_raises_less_than_an_alarm_in_a_thousand_commits(
    simulated: dict[tuple[str, str], dict[str, Any]],
) -> None:
    alarms = sum(line["false_alarms"] for line in vote(simulated))
    commits = sum(line["commits_without_steps"] for line in vote(simulated))
    assert commits == 18_000
    assert 1000 * alarms / commits <= 0.9


@pytest.mark.parametrize("kind, least", [("3", 0.70), ("5", 0.85), ("10", 0.93), ("mixed", 0.93)])
def test_steps_are_found_within_three_commits(
    simulated: dict[tuple[str, str], dict[str, Any]], kind: str, least: float
) -> None:
    rates = [line["steps"][kind] for line in vote(simulated)]
    total = sum(one["put_in"] + one["named"] for one in rates)
    assert 2 * sum(one["hit"] for one in rates) / total >= least


def test_the_vote_is_better_than_the_naive_rule_everywhere(
    simulated: dict[tuple[str, str], dict[str, Any]],
) -> None:
    for (data, method), line in simulated.items():
        if method == "vote 2 of 3":
            naive = simulated[data, "naive 5 %"]
            assert line["false_alarms"] < naive["false_alarms"]
            assert line["steps"]["mixed"]["f1"] > naive["steps"]["mixed"]["f1"]


@pytest.mark.needs_shared
def test_given_histories_without_steps_raise_no_alarm_and_three_of_four_steps_are_found(
    shared: Path,
) -> None:
    with gzip.open(shared / "data/stats/cpd_sunpy_injected.json.gz") as file:
        given = [
            History("given", one["kind"], np.array(one["y"]), tuple(p for p, _ in one["cps"]))
            for one in json.load(file)
        ]
    found = [tuple(step.index for step in find_steps(list(one.values))) for one in given]
    line = scored(given, found)
    assert line["false_alarms"] <= 1  # of 1,000 commits on hosted runners
    assert line["steps"]["mixed"]["f1"] >= 0.75


@pytest.mark.needs_shared
def test_what_other_projects_expect_of_their_series_is_found(shared: Path) -> None:
    with gzip.open(shared / "data/stats/demo_series.json.gz") as file:
        series = json.load(file)
    beetle = [step.index for step in find_steps(series["tigerbeetle"])]
    # Theirs are 10 (one outlier), 16, 71, 97 and the onset of a slope.
    assert hits((16, 71, 97), beetle) == 3
    # Counts include our 1.5 % at least and three commits a side.
    medium = series["mongodb"]["huge.json"]
    assert 0.8 <= len(find_steps(medium["series"])) / medium["expected"] <= 1.2


def test_a_point_counts_for_one_step_only() -> None:
    history = History("x", "3", np.ones(100), (50,))
    assert scored([history], [(49, 51)])["steps"]["3"]["precision"] == 0.5


def test_without_histories_of_a_kind_there_is_no_rate() -> None:
    history = History("x", "3", np.ones(100), (50,))
    line = scored([history], [()])
    assert line["false_alarms_per_1000_commits"] is None
    assert line["steps"]["3"]["precision"] is None


def test_a_missing_environment_is_said(root: Path, tmp_path: Path) -> None:
    argv = [sys.executable, "-m", "benchmarks.accuracy.change_points", "--quick"]
    argv += ["--environments", str(tmp_path)]
    done = subprocess.run(argv, cwd=root, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert "make it with --prepare" in done.stderr


@pytest.mark.parametrize("name", ["otava", "e-divisive"])
def test_an_environments_lock_pins_everything_by_hash_and_names_no_index(
    root: Path, name: str
) -> None:
    text = (root / "requirements" / f"{name}.txt").read_text()
    blocks = re.split(r"\n(?=[A-Za-z0-9])", text)[1:]
    assert len(blocks) > 5
    assert [block for block in blocks if "--hash=sha256:" not in block] == []
    assert "://" not in text
