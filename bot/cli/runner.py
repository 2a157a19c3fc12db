"""``highwater runner``: take orders that fit this machine's tags, and measure them."""

from __future__ import annotations

from collections.abc import Mapping

import click

from bot.cli.logs import configure_logging
from bot.cli.options import setting_options
from bot.cli.output import message
from worker.machine import require_linux
from worker.queue.names import listened_queues
from worker.queue.private_folders import private_folder
from worker.queue.settings import CACHE_DIR, STATE_DIR
from worker.runner import serve
from worker.settings import WORK_DIR, RunnerSettings, read_runner_settings


@click.command()
@setting_options(
    "state_dir",
    "work_dir",
    "cache_dir",
    "log_level",
    "dedicated",
    "data",
    runner_tags="--tags",
    runner_name="--name",
)
@click.option("--once", is_flag=True, help="Wait for one order, carry it out, and end.")
def runner(flags: Mapping[str, str | None], *, once: bool) -> None:
    """Carry out the orders of the queue (QUEUE_URL) whose tags this machine has.

    SIGTERM or Ctrl-C lets the order at hand end first; a second one ends it too, and the order
    goes back to the queue. It runs the code of the repositories that it measures, without a
    sandbox as yet: for trusted repositories only.

    \b
    Example:
      highwater runner --tags linux,x86_64,bench-a
      highwater runner --once
      highwater runner --data sp500=/srv/data/sp500 --data vix=/srv/data/vix.csv
    """  # noqa: D301 - \b is click's mark for lines that are not to be refilled
    require_linux()
    settings = read_runner_settings(flags)
    configure_logging(settings.log_level, settings.log_config)
    count = len(listened_queues(settings.runner_tags, settings.runner_name))
    tags = "+".join(settings.runner_tags)
    _make_folders(settings)
    message(f"Runner {settings.runner_name} starts, for {tags} ({count} queues).")
    serve(settings, once=once)


def _make_folders(settings: RunnerSettings) -> None:
    private_folder(settings.state_dir, STATE_DIR.variable)
    private_folder(settings.work_dir, WORK_DIR.variable)
    private_folder(settings.cache_dir, CACHE_DIR.variable)
