"""The labels of pull requests: one that people ask by, and one that says red."""

from __future__ import annotations

from bot.ports import PullRequest
from bot.services import Services, repository_of
from bot.store.checks import CheckRecord
from engine.findings import Verdict
from engine.values import Outcome

FULL = "highwater:full"
REGRESSION = "highwater:regression"

_SAYS = {Outcome.REGRESSION: True, Outcome.PASS: False, Outcome.IMPROVEMENT: False}


def asks_for_all(pull: PullRequest) -> bool:
    """Whether a pull request is to be measured in its full tier."""
    return FULL in pull.labels


def show_label(services: Services, check: CheckRecord, verdict: Verdict) -> None:
    """Label a red pull request, and take that off a green one; else it stays as it is.

    Raises:
        TransientError: the forge is away.
        UserError: the forge refuses it.
    """
    wanted = _SAYS.get(verdict.outcome)
    if check.pull_request is None or check.aside or wanted is None:
        return
    repository, number = repository_of(check), check.pull_request
    present = REGRESSION in services.forge.pull_request(repository, number).labels
    if present != wanted:
        services.forge.set_label(repository, number, REGRESSION, present=wanted)
