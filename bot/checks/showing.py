"""A verdict as check runs: one for each suite, and the roll-up that people require."""

from __future__ import annotations

from functools import partial

import msgspec

from bot.checks import board
from bot.checks.buttons import buttons
from bot.checks.locate import located
from bot.checks.published import json_links
from bot.conclusions import check_conclusion, suite_conclusion, without_failing
from bot.ports import Annotation, Conclusion
from bot.services import Services, repository_of
from bot.store.checks import CheckRecord
from engine.findings import SuiteVerdict, Verdict
from engine.reports.annotations import annotation_requests
from engine.reports.check import render_rollup, render_suite_check
from engine.values import RunId


def show_roll_up(services: Services, check: CheckRecord, verdict: Verdict) -> None:
    """End the roll-up of a check.

    Raises:
        TransientError: the forge is away.
        UserError: the forge refuses it.
    """
    links = json_links(services.public_url, check.id, measured=bool(verdict.suites))
    conclusion = Conclusion.ACTION_REQUIRED if verdict.problem else check_conclusion(verdict)
    board.show_end(
        services,
        check,
        board.roll_up(check),
        without_failing(conclusion, check.kind),
        render_rollup(verdict, links),
        details_url=links.details_url,
        actions=buttons(check, verdict.suites),
    )


def show_suite(
    services: Services, check: CheckRecord, verdict: Verdict, suite: SuiteVerdict
) -> None:
    """End the check run of one suite; raises what ``show_roll_up`` raises."""
    run = services.checks.run(RunId(suite.run))
    if run is None:
        return
    links = json_links(services.public_url, check.id)
    board.show_end(
        services,
        check,
        board.of_run(run),
        without_failing(suite_conclusion(suite, check.policy), check.kind),
        render_suite_check(suite, verdict, links),
        annotations=_annotations(services, check, suite),
        details_url=links.details_url,
        actions=buttons(check, (suite,)),
    )


def _annotations(
    services: Services, check: CheckRecord, suite: SuiteVerdict
) -> tuple[Annotation, ...]:
    requests = annotation_requests(suite)
    if not requests:
        return ()
    source = services.forge.clone_source(repository_of(check))
    mirror = services.mirrors.fetch(check.repository, source, (check.head,))
    found = located(requests, partial(mirror.read, check.head))
    if check.kind != "nightly":
        return found
    return tuple(msgspec.structs.replace(one, level="warning") for one in found)
