"""Which mounts a sweep's spec reads: all of them are pinned by their fingerprints."""

from __future__ import annotations

from engine.spec_files import mounts_of_spec
from engine.values import SuiteKind

SWEEP = b"""\
strategy: s.py:S
grid: {a: [1]}
metric: sharpe
mode: max
data: {mount: prices, path: a.csv}
risk:
  - regime_dependent:
      series: {mount: market, path: vix.csv}
      thresholds: [20]
      regimes: [[], [{stop_loss: {fraction: 0.1}}]]
"""


def test_mounts_of_series_count_beside_those_of_bars() -> None:
    assert mounts_of_spec(SuiteKind.SWEEP, SWEEP, "s.yaml") == ("prices", "market")
