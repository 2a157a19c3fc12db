"""How the demonstration looks: what goes on while one waits, and what came of it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec
from rich.console import Console
from rich.live import Live
from rich.table import Table

from bot.cli.output import message
from bot.demo.story import Scene, Show
from bot.ports import CheckRun
from worker.queue.progress import Progress

ProgressOf = Callable[[str], Progress | None]

ENDING = "The services end now, and the verdict's address with them: KEEP=1 keeps it."
_RULE = "─" * 100
_DOUBLE = "═" * 100


@contextmanager
def live(progress_of: ProgressOf) -> Iterator[Show]:
    """Give what shows the scenes: a table that renews itself on a terminal, else plain lines."""
    if not sys.stderr.isatty():
        yield _Lines()
        return
    console = Console(stderr=True)
    with Live(console=console, transient=True, auto_refresh=False) as shown:
        yield lambda scenes: shown.update(_table(scenes, progress_of), refresh=True)


def report(scenes: Sequence[Scene], seconds: float) -> str:
    """Write what came of it: verdicts first that say something, then the quiet ones."""
    loud = sorted(scenes, key=lambda scene: not scene.comments)
    parts = [_scene(scene) for scene in loud]
    counted = ", ".join(f"{scene.opened.branch} {scene.conclusion}" for scene in scenes)
    return "\n".join([*parts, _DOUBLE, f"{len(scenes)} checks in {seconds:.0f} s: {counted}", ""])


def document(scenes: Sequence[Scene], seconds: float) -> dict[str, Any]:
    """Give the same as a value that JSON can hold."""
    return {
        "seconds": round(seconds, 1),
        "pull_requests": [
            {
                "number": scene.opened.number,
                "branch": scene.opened.branch,
                "title": scene.opened.title,
                "conclusion": scene.conclusion,
                "comments": scene.comments,
                "verdict_url": scene.verdict_url,
                "check_runs": [msgspec.to_builtins(run) for run in _runs(scene)],
            }
            for scene in scenes
        ],
    }


def served(scenes: Sequence[Scene], public_url: str) -> str:
    """Name addresses that answer while the services are kept: health, and the verdicts shown."""
    verdicts = [scene.verdict_url for scene in scenes if scene.comments and scene.verdict_url]
    return "\n".join(
        ["Still serving:", *(f"  {one}" for one in (f"{public_url}/healthz", *verdicts))]
    )


class _Lines:
    """Plain lines, one for each change of a check run's state."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, str], tuple[str, str]] = {}

    def __call__(self, scenes: Sequence[Scene]) -> None:
        """Say what is new in *scenes*."""
        for scene in scenes:
            for run in _runs(scene):
                self._say(scene, run)

    def _say(self, scene: Scene, run: CheckRun) -> None:
        key, state = (scene.opened.number, run.name), (_state(run), run.title)
        if self._known.get(key) != state:
            self._known[key] = state
            message(f"#{key[0]} {scene.opened.branch}: {run.name}: {': '.join(state)}")


def _table(scenes: Sequence[Scene], progress_of: ProgressOf) -> Table:
    table = Table("pull request", "check run", "state", "what it says")
    for scene in scenes:
        for row, run in enumerate(_runs(scene)):
            name = f"#{scene.opened.number} {scene.opened.branch}" if row == 0 else ""
            table.add_row(name, run.name, _state(run), _doing(run, progress_of))
    return table


def _doing(run: CheckRun, progress_of: ProgressOf) -> str:
    told = progress_of(run.external_id) if run.status == "in_progress" else None
    if told is None:
        return run.title
    rest = "" if told.remaining_s is None else f", about {told.remaining_s:.0f} s left"
    return f"{told.what} {told.done}/{told.total}{rest}"


def _runs(scene: Scene) -> tuple[CheckRun, ...]:
    return (() if scene.roll_up is None else (scene.roll_up,)) + scene.suites


def _state(run: CheckRun) -> str:
    return str(run.conclusion or run.status)


def _scene(scene: Scene) -> str:
    opened = scene.opened
    head = f"#{opened.number} {opened.title} ({opened.branch}): {scene.conclusion}"
    said = [_titled("Comment on the pull request", body) for body in scene.comments]
    quiet = [] if said else ["No comment: there is nothing to say.", ""]
    runs = [_check_run(run, scene.comments) for run in _runs(scene)]
    address = [] if scene.verdict_url is None else [f"Verdict as JSON: {scene.verdict_url}", ""]
    return "\n".join([_DOUBLE, head, _DOUBLE, *said, *quiet, *runs, *address])


def _check_run(run: CheckRun, comments: Sequence[str]) -> str:
    """Write a check run, leaving out what stands in a comment above and the folded details."""
    repeated = any(run.summary.strip() in body for body in comments)
    body = [run.title, "", "Summary: as in the comment above." if repeated else run.summary]
    body += [""] if run.annotations else []
    body += [
        f"Annotation {one.path}:{one.line} ({one.level}): {one.title}\n    {one.message}"
        for one in run.annotations
    ]
    return _titled(f"Check run {run.name!r}: {_state(run)}", "\n".join(body))


def _titled(title: str, body: str) -> str:
    return f"{_RULE}\n{title}\n{_RULE}\n{body.rstrip()}\n"
