"""A sweep whose strategy reads ahead says so, and its level cannot be accepted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.fakes.cli import run_cli
from tests.fakes.swept_strategies import STRATEGY, repository_files
from tests.fakes.tasks import write_files

AHEAD = STRATEGY.replace("up = bars.close > before", "up = np.roll(bars.close, -1) > before")


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(write_files(tmp_path, repository_files()))
    return tmp_path


def test_a_sound_strategy_is_said_to_have_been_tried(repository: Path) -> None:
    result = run_cli("sweep", "sweeps/s.yaml", "--out", "out")

    assert (result.code, "No look-ahead in 16 cuts: later bars altered" in result.stdout) == (
        0,
        True,
    )
    assert json.loads(Path("out/look_ahead.json").read_bytes())["leak"] is None


def test_a_strategy_that_reads_the_next_close_ends_with_1_and_becomes_no_baseline(
    repository: Path,
) -> None:
    assert AHEAD != STRATEGY
    (repository / "strategies/trend.py").write_text(AHEAD)

    result = run_cli("sweep", "sweeps/s.yaml", "--out", "out")
    accepted = run_cli(
        "update-baseline", "--current", "out", "--out", "baseline.json", "--sha", "4f2d1c9"
    )

    assert (result.code, "LOOKS AHEAD" in result.stdout) == (1, True)
    assert accepted.code != 0
    assert "looks ahead" in accepted.stderr
    assert not Path("baseline.json").exists()


@pytest.mark.parametrize(
    "old, new, told",
    [
        (
            "up = bars.close > before",
            "up = (bars.close > before) ^ (np.random.default_rng().random(before.shape) > 0.5)",
            "Look-ahead not tested: the same bars gave other decisions the second time",
        ),
        (
            "        before = np.roll",
            "        assert bars.length < 240 or bars.close[-1] in LAST\n        before = np.roll",
            "Look-ahead not tested: the strategy failed, or was stopped, when it was tried",
        ),
        (
            "up = bars.close > before",
            "up = np.arange(before.size).reshape(before.shape) % 9 < self.days",
            "but altered bars changed no decision at all",
        ),
    ],
)
def test_what_was_not_tried_is_not_said_to_be_sound(
    repository: Path, old: str, new: str, told: str
) -> None:
    last = (repository / "data/prices.csv").read_text().split(",")[-2]
    changed = STRATEGY.replace(old, new).replace("class Trend", f"LAST = [{last}]\n\nclass Trend")
    assert changed != STRATEGY
    (repository / "strategies/trend.py").write_text(changed)

    result = run_cli("sweep", "sweeps/s.yaml", "--out", "out")

    assert (result.code, told in result.stdout) == (0, True), result.stdout
