"""The demonstration: real services, real measuring; nothing on the path knows the answers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import psutil
import pytest

from bot.addresses import free_port
from bot.demo.build import Branch, project_files, shipped_branches
from bot.demo.stage import Stage, running_stage, wait_until_ready
from bot.demo.story import Scene, play

pytestmark = pytest.mark.timeout(600)
TREND = "strategies/trend.py"
EXPECTED = {"slower": "failure", "docs": "skipped", "refactor": "success"}
SWAPPED = {"slower": "success", "docs": "failure"}


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Build the project's environment once for all of this module."""
    return {"HIGHWATER_CACHE_DIR": str(tmp_path_factory.mktemp("cache"))}


@pytest.fixture(scope="module")
def shown(cache: dict[str, str]) -> dict[str, Any]:
    """Run ``highwater demo`` as a person would, and read what it prints."""
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    finished = subprocess.run(
        [sys.executable, "-P", "-m", "bot.cli.main", "demo", "--format", "json"],
        env={**os.environ, **cache},
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    left = {child.pid for child in psutil.Process().children(recursive=True)} - before
    return {**json.loads(finished.stdout), "left": left, "stderr": finished.stderr}


def _pull_request(shown: dict[str, Any], branch: str) -> dict[str, Any]:
    found: dict[str, Any] = next(p for p in shown["pull_requests"] if p["branch"] == branch)
    return found


def test_the_checks_conclude_failure_skipped_and_success(shown: dict[str, Any]) -> None:
    assert {p["branch"]: p["conclusion"] for p in shown["pull_requests"]} == EXPECTED


def test_only_the_failing_pull_request_gets_a_comment(shown: dict[str, Any]) -> None:
    commented = [p["branch"] for p in shown["pull_requests"] if p["comments"]]

    assert commented == ["slower"]


def test_the_comment_names_the_benchmark_and_the_sharpe_ratio(shown: dict[str, Any]) -> None:
    (comment,) = _pull_request(shown, "slower")["comments"]

    assert ["trend_signals" in comment, "sharpe" in comment] == [True, True]


def test_both_failing_suites_annotate_their_budget(shown: dict[str, Any]) -> None:
    runs = _pull_request(shown, "slower")["check_runs"]
    failures = {
        note["path"] for run in runs for note in run["annotations"] if note["level"] == "failure"
    }

    assert failures == {".highwater.yml", "sweeps/perf_budget.yaml"}


def test_the_refactoring_is_said_to_be_bit_equal_in_the_checks_summary(
    shown: dict[str, Any],
) -> None:
    runs = {run["name"]: run for run in _pull_request(shown, "refactor")["check_runs"]}

    assert "`trades` and `equity` of every point bit-equal" in runs["highwater"]["summary"]


def test_no_process_of_the_demonstration_is_left(shown: dict[str, Any]) -> None:
    assert shown["left"] == set()


def _swapped() -> tuple[Branch, ...]:
    """Neutralise the bad branch and slow the docs branch down."""
    slower, docs, _ = shipped_branches()
    same = {TREND: project_files()[TREND] + b"\n# the same\n"}
    return (replace(slower, files=same), replace(docs, files={**docs.files, **slower.files}))


@pytest.fixture(scope="module")
def stage(cache: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    state = tmp_path_factory.mktemp("state")
    with running_stage(state, {**os.environ, **cache}, free_port("127.0.0.1")) as stage:
        yield stage


class _Played(NamedTuple):
    """How the checks of the swapped branches ended, and whether the runner died meanwhile."""

    scenes: tuple[Scene, ...]
    killed: bool

    @property
    def conclusions(self) -> dict[str, str]:
        return {scene.opened.branch: scene.conclusion for scene in self.scenes}


@pytest.fixture(scope="module")
def swapped(stage: Stage) -> _Played:
    """Play with the two branches swapped, and the runner killed while it measures."""
    killer = _Killer(stage)
    scenes = play(stage, _swapped(), killer)
    return _Played(scenes, killer.done)


def test_with_the_branches_contents_swapped_the_outcomes_swap(swapped: _Played) -> None:
    assert swapped.conclusions == SWAPPED


def test_the_verdicts_address_serves_the_verdict(swapped: _Played) -> None:
    failed = next(scene for scene in swapped.scenes if scene.conclusion == "failure")

    with urllib.request.urlopen(failed.verdict_url or "") as answer:
        assert json.load(answer)["outcome"] == "regression"


def test_a_runner_killed_in_the_middle_of_a_check_changes_no_outcome(swapped: _Played) -> None:
    assert (swapped.killed, swapped.conclusions) == (True, SWAPPED)


class _Killer:
    """Kills the runner with its work at hand, once, when a suite is being measured."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._since: float | None = None
        self.done = False

    def __call__(self, scenes: Sequence[Scene]) -> None:
        measuring = [run for scene in scenes for run in scene.suites if run.status == "in_progress"]
        if self.done or not measuring:
            return
        self._since = self._since or time.monotonic()
        if time.monotonic() - self._since > 2.0:
            _runner(self._stage).kill()
            self.done = True


def _runner(stage: Stage) -> psutil.Process:
    services = psutil.Process(stage.process.pid).children()
    return next(one for one in services if one.cmdline()[-1:] == ["runner"])


def test_the_state_of_a_stage_is_private(stage: Stage) -> None:
    wait_until_ready(stage)

    assert (stage.settings.state_dir / "valkey").stat().st_mode & 0o077 == 0
