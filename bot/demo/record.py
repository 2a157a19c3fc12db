"""Records the project's baselines on this machine, by the commands that a user would type."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bot.git import git
from bot.supervisor import own_command
from engine.errors import UserError

TIMEOUT_S = 600.0
_TAIL = 4000


@dataclass(frozen=True, slots=True)
class Recorder:
    """Measures a work tree of the project and writes its baselines into it.

    *environ* is the environment of the commands; the environment that ``setup`` builds is kept
    in its cache directory, where the runner finds it again.
    """

    environ: Mapping[str, str] = field(repr=False)

    def __call__(self, tree: Path) -> None:
        """Record the sweep's baseline and the benchmarks' platform baselines.

        Raises:
            UserError: a command failed; the message holds the end of its output.
        """
        sha = git(tree, "rev-parse", "HEAD").decode().strip()
        with tempfile.TemporaryDirectory(prefix="highwater-baselines-") as folder:
            sweep, bench = Path(folder) / "trend", Path(folder) / "bench"
            baseline = tree / "benchmarks" / "baseline.json"
            self._run(tree, ("sweep", "sweeps/trend.yaml", "--out", str(sweep)))
            current = ("--current", str(sweep), "--out", str(baseline), "--sha", sha)
            self._run(tree, ("update-baseline", *current))
            self._run(tree, ("bench", "run", "--out", str(bench)))

    def _run(self, tree: Path, arguments: Sequence[str]) -> None:
        finished = subprocess.run(
            own_command(*arguments),
            cwd=tree,
            env=dict(self.environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
        if finished.returncode != 0:
            problem = (
                f"`highwater {' '.join(arguments)}` ended with {finished.returncode} in the "
                f"demonstration's repository:\n{(finished.stdout + finished.stderr)[-_TAIL:]}"
            )
            raise UserError(problem, None, "Set-up needs a package index for numpy; see above.")
