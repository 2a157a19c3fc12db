"""What arrives of a busy repository on the local forge: made once, then posted in any order."""

from __future__ import annotations

import json
import random
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bot.local import acts, pull_requests
from bot.local.deliver import Webhook
from bot.local.forge import LocalForge
from bot.ports import Repository, Role
from engine.values import CommitSha, RepositoryName
from tests.fakes.bot_stage import FILES, SLOWER
from tests.fakes.git_repositories import BareRepository

NAME = RepositoryName("quant/research")
WRITER = "ann"
PUSHES = 2  # to each pull request, after it was opened
COMMANDS = 0.05  # of the rest, how much is a command that is answered
AGAIN = 0.15  # of all, how much comes a second time under its own id
COPIED = 0.05  # and how much with another id
WINDOW = 300  # deliveries among which the order is lost
CHATTER = ("looks good to me", "> /highwater status", "see `/highwater help`", "why?")


@dataclass(frozen=True)
class Sent:
    """One POST: a delivery's id and webhook; *copy*: the body is another delivery's."""

    delivery: str
    webhook: Webhook
    copy: bool = False
    comment: int | None = None


@dataclass
class Pull:
    """A pull request: the heads that it had, and the webhook that told of each."""

    heads: list[CommitSha] = field(default_factory=list)
    webhooks: list[Webhook] = field(default_factory=list)


@dataclass
class Arrivals:
    """A repository on the local forge with pull requests that were pushed to."""

    forge: LocalForge
    pulls: dict[int, Pull]
    commands: list[Sent] = field(default_factory=list)

    @classmethod
    def make(cls, forge: LocalForge, root: Path, pulls: int, measured: int) -> Arrivals:
        """Make the repository; the first *measured* pull requests slow it down."""
        disk = BareRepository.create(root, NAME)
        disk.commit("main", FILES)
        forge.set_role(Repository(name=NAME), WRITER, Role.WRITE)
        made = cls(forge, {})
        for index in range(pulls):
            branch = f"work-{index}"
            disk.commit(branch, {"README.md": f"{index}\n"}, onto="main")
            opened = pull_requests.open_pull_request(forge, NAME, branch, "main", branch)
            pull = made.pulls[opened.pull_request or 0] = Pull()
            pull.webhooks.append(opened)
            pull.heads.append(forge.repositories.tip(NAME, branch))
            for push in range(PUSHES):
                is_slow = index < measured and push == PUSHES - 1
                disk.commit(branch, {"work.py": SLOWER} if is_slow else {"README.md": f"{push}\n"})
                pull.webhooks += pull_requests.push(forge, NAME, branch)
                pull.heads.append(forge.repositories.tip(NAME, branch))
        return made

    def deliveries(self, count: int, rng: random.Random) -> list[Sent]:
        """Give *count* deliveries with their repetitions, in an order that is partly lost."""
        told = [Sent(_new_id(), each) for pull in self.pulls.values() for each in pull.webhooks]
        rest = count - len(told)
        self.commands = [self._command(rng) for _ in range(int(rest * COMMANDS))]
        others = self._others(rng)
        filling = [Sent(_new_id(), others()) for _ in range(rest - len(self.commands))]
        once = [*told, *self.commands, *filling]
        rng.shuffle(once)
        again = [each for each in once if rng.random() < AGAIN]
        copied = [
            Sent(_new_id(), each.webhook, copy=True) for each in once if rng.random() < COPIED
        ]
        return _reordered([*once, *again, *copied], rng)

    def _command(self, rng: random.Random) -> Sent:
        number = rng.choice(list(self.pulls))
        webhook = acts.comment(self.forge, NAME, number, WRITER, "/highwater status")
        return Sent(_new_id(), webhook, comment=json.loads(webhook.body)["comment"]["id"])

    def _others(self, rng: random.Random) -> Callable[[], Webhook]:
        """Give what makes webhooks that cause nothing, no two of the same body."""
        number = next(iter(self.pulls))
        templates = [
            *(acts.comment(self.forge, NAME, number, "bob", body) for body in CHATTER),
            acts.label(self.forge, NAME, number, "bug", "bob"),
            acts.review(self.forge, NAME, number, "bob", "commented"),
            acts.pushed(self.forge, NAME, "work-0", None, "bob"),
            Webhook("ping", b'{"hook_id": 1}'),
            Webhook("star", b'{"action": "created"}'),
        ]

        def make() -> Webhook:
            chosen = rng.choice(templates)
            body = {**json.loads(chosen.body), "sent": _new_id()}
            return Webhook(chosen.event, json.dumps(body).encode())

        return make


def _reordered(sent: Sequence[Sent], rng: random.Random) -> list[Sent]:
    """Lose the order among neighbours; a repetition may come before what it repeats."""
    places = {id(each): place for place, each in enumerate(sent)}
    return sorted(sent, key=lambda each: places[id(each)] + rng.uniform(-WINDOW, WINDOW))


def _new_id() -> str:
    return str(uuid.uuid4())
