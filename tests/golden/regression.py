"""Prints the regression reports of a few comparisons as one JSON object, by name.

With ``--write`` it makes the stored files anew. Read the difference before committing it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from engine import compare_results, generate_baseline_diff, generate_regression_report
from engine.comparison import CurrentData, PerfBudget
from engine.current import Timing
from engine.determinism import judge_determinism
from engine.json_text import write_json
from engine.values import Mode
from tests.fakes.sweeps import baseline, budget, current

FOLDER = Path(__file__).parent / "regression_report"

_SHAKY = judge_determinism("sharpe", 1.1, (1.1, 1.2))
_WORSE = current(1.1, rate=0.5, timing=Timing(p50=30.0, p90=75.5), determinism=_SHAKY)
_CASES: dict[str, tuple[CurrentData, PerfBudget]] = {
    "passed": (current(1.3, determinism=judge_determinism("sharpe", 1.3, (1.3,))), budget()),
    "every_rule_failed": (_WORSE, budget()),
    "nothing_measured": (current(None, rate=0.0, timing=None), budget()),
    "minimised": (
        current(1.5, mode=Mode.MIN),
        budget(mode=Mode.MIN, min_success_rate=None, max_p90_elapsed_s=None),
    ),
}


def rendered() -> dict[str, str]:
    """Give every file by its name."""
    files: dict[str, str] = {}
    for name, (now, limits) in _CASES.items():
        before = baseline(mode=limits.mode)
        verdict = compare_results(now, before, limits)
        files[f"{name}.md"] = generate_regression_report(verdict, now, before, limits)
        files[f"{name}.json"] = write_json(generate_baseline_diff(verdict)).decode()
    return files


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        FOLDER.mkdir(exist_ok=True)
        for file, text in rendered().items():
            (FOLDER / file).write_bytes(text.encode())
    else:
        sys.stdout.buffer.write(json.dumps(rendered()).encode())
