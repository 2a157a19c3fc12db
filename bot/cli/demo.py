"""``highwater demo``: the whole path on a bundled example repository."""

from __future__ import annotations

import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import click
from redis import Redis
from redis.exceptions import RedisError

from bot.addresses import free_port
from bot.cli.output import OutputFormat, Result, emit, format_option, message
from bot.demo.build import REPOSITORY, shipped_branches
from bot.demo.show import ENDING, document, live, report, served
from bot.demo.stage import Stage, running_stage
from bot.demo.story import Scene, play
from engine.values import RunId
from worker.queue.progress import Progress
from worker.queue.rq_queue import RedisOrderQueue
from worker.queue.settings import current_environ

HOST = "127.0.0.1"


@click.command()
@click.option("--keep", is_flag=True, envvar="KEEP", help="Go on serving until Ctrl-C (KEEP=1).")
@format_option
def demo(output_format: OutputFormat, *, keep: bool) -> None:
    """Show the whole path on a bundled example repository.

    Starts everything on embedded services, opens three pull requests in a small trading-research
    project on real market data, delivers the signed webhooks, and prints what came of them: the
    verdict's comment, the check runs with their annotations, the address of the verdict. Needs
    no Redis, no Docker and no GitHub account; ends with 0 when every check concluded.

    \b
    Example:
      highwater demo
      KEEP=1 highwater demo
    """  # noqa: D301 - \b is click's mark for lines that are not to be refilled
    signal.signal(signal.SIGTERM, _end)
    started = time.monotonic()
    with _folder() as state_dir, running_stage(state_dir, current_environ(), free_port(HOST)) as on:
        message(f"web, jobs, scheduler and a runner start at {on.settings.public_url}")
        message(f"{REPOSITORY} is built, and its baselines are recorded on this machine …")
        scenes = _played(on)
        emit(_result(scenes, time.monotonic() - started), output_format)
        if keep:
            _go_on(on, scenes)
        else:
            message(ENDING)


def _played(stage: Stage) -> Sequence[Scene]:
    with live(lambda run: _progress(stage, run)) as show:
        return play(stage, shipped_branches(), show)


def _progress(stage: Stage, run: str) -> Progress | None:
    """Ask the runner's queue how far a run is; nothing is lost when it cannot tell."""
    url = stage.redis_url()
    if url is None:
        return None
    with Redis.from_url(url) as connection:
        try:
            return RedisOrderQueue(connection).progress(RunId(run))
        except RedisError:
            return None


def _result(scenes: Sequence[Scene], seconds: float) -> Result:
    return Result(human=report(scenes, seconds), document=document(scenes, seconds))


def _go_on(stage: Stage, scenes: Sequence[Scene]) -> None:
    message(served(scenes, stage.settings.public_url))
    message(f"State in {stage.settings.state_dir}. Ctrl-C ends it.")
    try:
        stage.process.wait()
    except KeyboardInterrupt:
        message("Ending.")


@contextmanager
def _folder() -> Iterator[Path]:
    """Give a folder that is removed at the end, but kept where something went wrong."""
    folder = Path(tempfile.mkdtemp(prefix="highwater-demo-"))
    ended = False
    try:
        yield folder
        ended = True
    except (KeyboardInterrupt, SystemExit):
        ended = True
        raise
    finally:
        if ended:
            shutil.rmtree(folder)
        else:
            message(f"The state and the log of the services are kept in {folder}.")


def _end(_number: int, _frame: FrameType | None) -> None:
    sys.exit(128 + signal.SIGTERM)
