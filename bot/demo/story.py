"""What happens in the demonstration: pull requests are opened, and one watches their checks."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from bot.checks.board import ROLL_UP
from bot.demo.build import MAIN, REPOSITORY, Branch, build
from bot.demo.record import Recorder
from bot.demo.stage import Stage, wait_until_ready
from bot.local.deliver import deliver
from bot.local.pull_requests import open_pull_request
from bot.local.records import LocalCheckRun
from bot.ports import CheckRun
from engine.errors import UserError, Where
from engine.values import CommitSha

CONCLUDED_WITHIN_S = 900.0
_POLL_S = 0.25


@dataclass(frozen=True, slots=True)
class Opened:
    """A pull request that was opened and delivered."""

    number: int
    branch: str
    title: str
    head: CommitSha


@dataclass(frozen=True, slots=True)
class Scene:
    """A pull request as it stands: its roll-up check, its suites' checks, its comments."""

    opened: Opened
    roll_up: CheckRun | None
    suites: tuple[CheckRun, ...]
    comments: tuple[str, ...]
    verdict_url: str | None

    @property
    def concluded(self) -> bool:
        """Whether the check to require has ended, and with it everything else."""
        return self.roll_up is not None and self.roll_up.status == "completed"

    @property
    def conclusion(self) -> str:
        """How the roll-up check ended; what it is doing before that."""
        if self.roll_up is None:
            return "delivered"
        return str(self.roll_up.conclusion or self.roll_up.status)


Show = Callable[[Sequence[Scene]], None]


def play(
    stage: Stage, branches: Sequence[Branch], show: Show, opened: Sequence[Branch] | None = None
) -> tuple[Scene, ...]:
    """Build the repository with *branches*, open a pull request for each, watch their checks.

    *opened* names those of the branches that are opened, unless it is all of them.

    Raises:
        UserError: something could not be built, started, delivered or concluded.
        TransientError: nobody answers at the webhook's address.
    """
    owner, _, name = REPOSITORY.partition("/")
    bare = stage.settings.local_repositories / owner / f"{name}.git"
    build(bare, branches, Recorder(stage.person))
    wait_until_ready(stage)
    return watch(stage, open_pull_requests(stage, branches if opened is None else opened), show)


def open_pull_requests(stage: Stage, branches: Sequence[Branch]) -> tuple[Opened, ...]:
    """Open a pull request for each branch and deliver its signed webhook over HTTP.

    Raises:
        UserError: a delivery was refused.
        TransientError: nobody answers at the webhook's address.
    """
    return tuple(_open(stage, branch) for branch in branches)


def watch(stage: Stage, opened: Sequence[Opened], show: Show) -> tuple[Scene, ...]:
    """Show how the checks go until each has concluded; gives how they ended.

    Raises:
        UserError: the services ended, or the checks do not conclude.
    """
    deadline = time.monotonic() + CONCLUDED_WITHIN_S
    while True:
        scenes = tuple(look(stage, one) for one in opened)
        show(scenes)
        if all(scene.concluded for scene in scenes):
            return scenes
        stage.require_running()
        if time.monotonic() > deadline:
            problem = f"The checks did not conclude within {CONCLUDED_WITHIN_S:.0f} s."
            raise UserError(problem, Where(str(stage.log)), "The log says why.")
        time.sleep(_POLL_S)


def look(stage: Stage, opened: Opened) -> Scene:
    """See a pull request as its author would see it now."""
    stored: dict[str, LocalCheckRun] = {}
    for one in stage.forge.check_runs(REPOSITORY, opened.head):
        stored[one.run.name] = one  # the latest of a name is the one that a forge shows
    roll_up = stored.pop(ROLL_UP, None)
    return Scene(
        opened=opened,
        roll_up=None if roll_up is None else roll_up.run,
        suites=tuple(stored[name].run for name in sorted(stored)),
        comments=tuple(one.body for one in stage.forge.comments(REPOSITORY, opened.number)),
        verdict_url=None if roll_up is None else roll_up.run.details_url,
    )


def _open(stage: Stage, branch: Branch) -> Opened:
    webhook = open_pull_request(stage.forge, REPOSITORY, branch.name, MAIN, branch.title)
    status = deliver(stage.webhook_url, webhook, stage.secret)
    if status != HTTPStatus.ACCEPTED or webhook.pull_request is None:
        problem = f"The delivery of {branch.name} was answered with {status}, not 202."
        raise UserError(problem, Where(str(stage.log)), "The log says why.")
    head = stage.forge.repositories.tip(REPOSITORY, branch.name)
    return Opened(webhook.pull_request, branch.name, branch.title, head)
