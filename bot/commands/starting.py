"""``run``, ``rerun`` and ``more``: start a check of the pull request's head."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from bot.checks.declared import Declaration, Declared, read_declaration
from bot.checks.request import Request, Wish
from bot.checks.start import start_check
from bot.checks.wished import last_whole
from bot.commands.command import Command, WrongValueError
from bot.ports import PullRequest
from bot.services import Services
from engine.configuration import FILE_NAME, Suite, When
from engine.errors import UserError
from engine.findings import Verdict
from engine.reports.offers import open_rows
from engine.values import CommitSha

_ASKED: tuple[When, ...] = ("pull_request", "command")


def request_of(
    command: Command, wish: Wish | None = None, head: CommitSha | None = None
) -> Request:
    """Make the request whose check the command starts; its id is the command's own."""
    return Request(
        repository=command.repository,
        number=command.number,
        head=head or CommitSha(""),
        cause=command.id,
        again=True,
        attempt=command.attempt,
        wish=wish or Wish(),
        requested_by=command.author,
    )


def run(services: Services, command: Command) -> str:
    """Measure the head, or some suites of it, as the arguments say.

    Raises:
        WrongValueError: an argument names what is not there.
        UserError: the pull request is closed, or declares nothing.
        TransientError: the forge, git or the queue is away.
    """
    pull = open_pull(services, command)
    suites = declared_suites(services, command, pull)
    wish = _wish(services, command, suites)
    start_check(services, request_of(command, wish, pull.head))
    return ""


def rerun(services: Services, command: Command) -> str:
    """Measure the head again; raises what ``run`` raises."""
    pull = open_pull(services, command)
    declared_suites(services, command, pull)
    start_check(services, request_of(command, head=pull.head))
    return ""


def more(services: Services, command: Command) -> str:
    """Go on with the suites that have rows which could not be told; raises what ``run`` raises."""
    pull = open_pull(services, command)
    suites = declared_suites(services, command, pull)
    named = command.arguments.get("suite")
    if named is not None and named not in suites:
        raise WrongValueError(command.verb, "suite", named, tuple(sorted(suites)))
    undecided = [name for name in _undecided(services, command, pull) if name in suites]
    wanted = tuple(name for name in undecided if named in {None, name})
    if not wanted:
        raise UserError(*_nothing_open(undecided, named))
    start_check(services, request_of(command, Wish(suites=wanted), pull.head))
    return ""


def open_pull(services: Services, command: Command) -> PullRequest:
    """Read the pull request, which must be open.

    Raises:
        UserError: it is closed.
        TransientError: the forge is away.
    """
    pull = services.forge.pull_request(command.repository, command.number)
    if pull.state == "closed":
        problem = "the pull request is closed."
        raise UserError(problem, None, "Reopen it to have it measured.")
    return pull


def declared_suites(services: Services, command: Command, pull: PullRequest) -> Mapping[str, Suite]:
    """Read the suites that decide about the pull request.

    Raises:
        UserError: none are declared, or their file is broken.
        TransientError: the forge is away.
    """
    return _declared(read_declaration(services.forge, command.repository, pull), pull)


def _declared(declaration: Declaration, pull: PullRequest) -> Mapping[str, Suite]:
    if isinstance(declaration, Declared):
        return declaration.configuration.suites
    problem = f"{pull.base_ref} has no {FILE_NAME} that can be read."
    raise UserError(problem, None, f"Merge one into {pull.base_ref} first, or mend it there.")


def _wish(services: Services, command: Command, suites: Mapping[str, Suite]) -> Wish:
    suite, tag, pairs, base = (
        command.arguments.get(name) for name in ("suite", "tag", "pairs", "base")
    )
    if suite is not None and suite not in suites:
        raise WrongValueError(command.verb, "suite", suite, tuple(sorted(suites)))
    if tag is not None and tag not in _tags_of(suites, suite):
        raise WrongValueError(command.verb, "tag", tag, tuple(_tags_of(suites, suite)))
    if base is not None and services.forge.branch(command.repository, base) is None:
        raise WrongValueError(command.verb, "base", base, ("a branch of this repository",))
    return Wish(
        suites=() if suite is None else (suite,),
        tag=tag,
        pairs=None if pairs is None else int(pairs),
        base=base,
        events=_ASKED,
    )


def _tags_of(suites: Mapping[str, Suite], named: str | None) -> list[str]:
    chosen = suites.values() if named is None else (suites[named],)
    return sorted({tag for suite in chosen for tag in suite.runs_on})


def _undecided(services: Services, command: Command, pull: PullRequest) -> list[str]:
    """Name the suites that further pairs may decide, by the last verdict of the head."""
    check = last_whole(services.checks, command.repository.name, command.number, pull.head)
    stored = None if check is None else services.checks.verdict(check.id)
    if stored is None:
        problem = f"there is no finished check of {pull.head[:7]} to go on with."
        raise UserError(problem, None, "Wait for its end, or write `/highwater run`.")
    verdict = msgspec.json.decode(stored.document, type=Verdict)
    return [suite.suite for suite in verdict.suites if open_rows(suite)]


def _nothing_open(undecided: list[str], named: str | None) -> tuple[str, None, str]:
    if undecided:
        return f"{named} has no undecided row.", None, f"These have: {', '.join(undecided)}."
    problem = "no row of the last check is undecided within reach of more pairs."
    return problem, None, "To measure the head again, write `/highwater rerun`."
