from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes.cli import run_cli


def test_a_runner_without_its_queue_does_not_say_that_it_takes_orders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QUEUE_URL", "redis://127.0.0.1:1/0")
    monkeypatch.setenv("HIGHWATER_CACHE_DIR", str(tmp_path / "cache"))
    ended = run_cli("runner", "--name", "vm", "--state-dir", str(tmp_path / "state"))
    assert (ended.code, "takes orders" in ended.stderr) == (5, False)
    assert "The queue cannot be reached" in ended.stderr
