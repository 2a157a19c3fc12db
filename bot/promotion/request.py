"""``/promote-baseline``: from a command to the promotion of each suite that it is about."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from bot.commands.command import Command, WrongValueError
from bot.ports import PullRequest
from bot.promotion.advance import advance
from bot.promotion.subject import declaration_of
from bot.services import Services
from bot.store.promotions import PromotionRecord
from engine.configuration import Configuration, Suite, joined_tags
from engine.errors import UserError
from engine.promotion.files import declared_path, scenarios
from engine.promotion.names import PREFIX, branch_name
from engine.values import PAIRED_KINDS, SuiteKind


def request_promotion(services: Services, command: Command) -> str:
    """Promote what a pull request's head reached; gives the answer, in Markdown.

    Asked again, it goes on where the first time stopped: one branch and one pull request a suite.

    Raises:
        UserError: there is nothing to promote, or no reason is given; nothing is stored.
        TransientError: the forge, git, the queue or the ledger is away; call again.
    """
    reason = command.arguments.get("reason", "").strip()
    if not reason:
        problem = "a promotion needs a reason: it is what is read when the level is asked about."
        raise UserError(problem, None, 'Give it: `/promote-baseline reason="…"`.')
    pull = _pull(services, command)
    configuration = declaration_of(services, command.repository, pull).configuration
    measured = _measured(services, command, pull)
    chosen = _chosen(configuration, command, measured)
    for name, suite in chosen.items():
        _require_own(services, command, branch_name(name, suite.runs_on), name)
        if suite.kind not in PAIRED_KINDS:
            declared_path(name, suite, command.arguments.get("baseline"))
    answers = []
    for one in chosen.items():
        record = _recorded(services, command, pull, one)
        answers.append(advance(services, command.repository, record))
    return "\n\n".join(answers)


def _pull(services: Services, command: Command) -> PullRequest:
    pull = services.forge.pull_request(command.repository, command.number)
    if pull.from_fork:
        problem = f"#{pull.number} is a fork's, whose code this version does not run."
        raise UserError(problem, None, "Push the branch to this repository.")
    if pull.ours and pull.head_ref.startswith(PREFIX):
        problem = f"#{pull.number} is a promotion itself."
        raise UserError(problem, None, "Ask on the pull request whose level it accepts.")
    if pull.state == "closed" and not pull.merged:
        problem = f"#{pull.number} was closed without being merged."
        raise UserError(problem, None, "Reopen it, or ask on the one that was merged.")
    return pull


def _measured(services: Services, command: Command, pull: PullRequest) -> frozenset[str]:
    checks = services.checks.checks_of_head(command.repository.name, pull.number, pull.head)
    runs = (run for check in checks for run in services.checks.runs(check.id))
    return frozenset(run.order.suite_name for run in runs)


def _chosen(
    configuration: Configuration, command: Command, measured: frozenset[str]
) -> dict[str, Suite]:
    """Choose the suites: the named one, or all that runs on pull requests and has a baseline.

    Those of them that *measured* this head, where any did: what a pull request does not touch has
    no new level. Where a baseline is named, those that have one of this name.
    """
    name, scenario = command.arguments.get("suite"), command.arguments.get("baseline")
    possible = {
        each: suite for each, suite in sorted(configuration.suites.items()) if _has_level(suite)
    }
    if scenario is not None:
        possible = _with_scenario(command, possible, scenario)
    if name is None:
        chosen = {each: one for each, one in possible.items() if "pull_request" in one.when}
        if not chosen:
            problem = "no suite of this repository has a baseline and runs on pull requests."
            raise UserError(problem, None, "Name one: `suite=NAME`.")
        return {each: one for each, one in chosen.items() if each in measured} or chosen
    if name not in possible:
        valid = ", ".join(f"`{each}`" for each in possible) or "there is none"
        problem = f"there is no suite `{name}` that has a baseline."
        raise UserError(problem, None, f"Those that do: {valid}.")
    return {name: possible[name]}


def _with_scenario(command: Command, suites: dict[str, Suite], scenario: str) -> dict[str, Suite]:
    """Keep the suites that have a baseline of this name.

    Raises:
        WrongValueError: none of those that are meant has; names what there is.
    """
    name = command.arguments.get("suite")
    meant = [each for each in suites if name in {None, each}]
    if meant and not any(scenario in scenarios(suites[each]) for each in meant):
        valid = dict.fromkeys(one for each in meant for one in scenarios(suites[each]))
        raise WrongValueError(command.verb, "baseline", scenario, tuple(valid))
    return {each: suite for each, suite in suites.items() if scenario in scenarios(suite)}


def _has_level(suite: Suite) -> bool:
    return suite.kind in PAIRED_KINDS or (
        suite.kind is SuiteKind.SWEEP and suite.baseline is not None
    )


def _recorded(
    services: Services, command: Command, pull: PullRequest, of: tuple[str, Suite]
) -> PromotionRecord:
    """Store what is asked for; the same wish again is the same promotion.

    Another reason or requester is another commit: what stands is not taken for it.
    """
    name, suite = of
    branch = branch_name(name, suite.runs_on)
    repository, tags = command.repository.name, joined_tags(suite.runs_on)
    known = services.promotions.promotion(repository, name, tags)
    wish = {
        "scenario": command.arguments.get("baseline"),
        "source": pull.number,
        "head": pull.head,
        "requested_by": command.author,
        "reason": command.arguments["reason"].strip(),
    }
    if known is not None and _is_asked_again(services, command, known, wish):
        record = msgspec.structs.replace(
            known, status="measuring" if known.status == "refused" else known.status
        )
        services.promotions.put(record)
        return record
    record = PromotionRecord(
        repository=repository,
        suite=name,
        tags=tags,
        branch=branch,
        commit_sha=None if known is None else known.commit_sha,
        pull_request=None if known is None else known.pull_request,
        requested_utc=services.clock.now(),
        **msgspec.convert(wish, dict[str, object]),  # type: ignore[arg-type]
    )
    services.promotions.put(record)
    return record


def _require_own(services: Services, command: Command, branch: str, name: str) -> None:
    """Refuse a branch that another suite's promotion has: two names may join to the same one."""
    other = services.promotions.of_branch(command.repository.name, branch)
    if other is not None and other.suite != name:
        problem = f"the suites `{name}` and `{other.suite}` have one branch for both: {branch}."
        raise UserError(problem, None, "Rename one of them.")


def _is_asked_again(
    services: Services, command: Command, known: PromotionRecord, wish: Mapping[str, object]
) -> bool:
    """Whether what is known came of the same wish: still under way, or of this very command.

    What a command was refused is not begun anew where an outage has it tried once more.
    """
    if any(getattr(known, field) != value for field, value in wish.items()):
        return False
    given = services.deliveries.state(command.delivery)
    is_own = given is not None and known.requested_utc >= given.received_utc
    return known.status in {"measuring", "open"} or (known.status == "refused" and is_own)
