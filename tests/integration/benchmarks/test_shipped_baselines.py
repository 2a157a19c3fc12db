"""A shipped sweep baseline was measured at the commit that it names."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from engine.configuration_file import parse_configuration
from engine.sweep.spec import parse_sweep_spec
from worker.sweep_files import load_baseline

ROOT = Path(__file__).parents[3]
pytestmark = pytest.mark.needs_program("git", "git")


def git(*arguments: str) -> bytes | None:
    argv = ["git", "-C", str(ROOT), *arguments]
    done = subprocess.run(argv, capture_output=True, check=False)
    return done.stdout if done.returncode == 0 else None


def baselines() -> list[tuple[str, str]]:
    suites = parse_configuration((ROOT / ".highwater.yml").read_bytes()).configuration.suites
    return [
        (baseline, suite.spec)
        for suite in suites.values()
        if suite.spec is not None
        for baseline in named(suite.baseline)
    ]


def named(baseline: str | dict[str, str] | None) -> list[str]:
    if baseline is None:
        return []
    return [baseline] if isinstance(baseline, str) else [*baseline.values()]


@pytest.mark.parametrize("baseline,spec", baselines())
def test_the_commit_of_a_baseline_holds_the_spec_that_it_is_of(baseline: str, spec: str) -> None:
    known = load_baseline(ROOT / baseline)
    if git("cat-file", "-e", f"{known.git_sha}^{{commit}}") is None:
        pytest.skip(f"commit {known.git_sha[:7]} is not in this clone's history")
    data = git("show", f"{known.git_sha}:{spec}")
    assert data is not None, f"{spec} does not exist at {known.git_sha[:7]}"
    assert parse_sweep_spec(data, spec).spec_hash == known.spec_hash
