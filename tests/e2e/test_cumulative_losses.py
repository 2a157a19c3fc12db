"""Four merges of +1 %, each within its budget, are found as one +4 % by the high-water mark."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
import pytest

from bot.checks.results import verdict_of
from bot.recording import record
from bot.services import Services
from bot.store.checks import RunRecord
from engine.findings import Reason
from engine.terms import RunTerms
from engine.values import CheckId, Outcome, RunId
from tests.fakes.bot_stage import CONFIGURATION, FILES
from tests.fakes.cli import CommandResult, run_cli
from tests.fakes.evidence import QUIET, benchmark_order, benchmarked, pairs, report
from tests.fakes.services import services_over
from tests.fakes.stored_histories import NAME, Remembered
from tests.integration.bot.store.test_checks import check_record

BUDGET = {"default": {"time": {"max_worsening": 0.03}}}
MERGES = (1, 2, 3, 4)
STILL = tuple(wobble / 10 for wobble in QUIET)  # of a percent


@dataclass(frozen=True)
class Story:
    """The mark that was checked in the end, for many questions."""

    outcomes: tuple[tuple[Outcome, Reason | None], ...]  # of the pull requests, one by one
    done: CommandResult
    document: dict[str, object]
    report: str


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    folder = tmp_path_factory.mktemp("cumulative")
    tight = CONFIGURATION.replace("max_worsening: 0.10", "max_worsening: 0.03")
    known = Remembered.create(folder, {**FILES, ".highwater.yml": tight})
    services = services_over(known.database, folder / "bot")
    baseline = known.origin(known.tree.tip())
    outcomes = tuple(merged(known, services, number) for number in MERGES)
    report_file, document = folder / "report.md", folder / "verdict.json"
    done = run_cli(
        *("check", "--repo", str(known.tree.directory), "--base", str(baseline)),
        *("--head", "HEAD", "--state-dir", str(known.state)),
        *("--cache-dir", str(tmp_path_factory.getbasetemp() / "environment-cache")),
        *("--report", str(report_file), "--json", str(document)),
    )
    yield Story(outcomes, done, json.loads(document.read_bytes()), report_file.read_text())
    known.database.dispose()


def merged(known: Remembered, services: Services, number: int) -> tuple[Outcome, Reason | None]:
    """Conclude a pull request of +1 % from stored evidence, and merge it as a squash."""
    base = known.tree.tip()
    cost = 10.0 * 1.01**number
    head = known.merge(
        {"work.py": f"CASES = {{'parse': {cost}, 'price': 5.0}}\n"}, f"Nicer {number} (#{number})"
    )
    check = check_record(f"c{number}", repository=NAME, pull_request=number, base=base, head=head)
    order = msgspec.structs.replace(
        benchmark_order(f"c{number}-1", budget=BUDGET), base=base, head=head, measuring_from=base
    )
    run = RunRecord(
        run=RunId(order.run),
        check=CheckId(check.id),
        position=1,
        check_name="highwater / core (linux)",
        tags=("linux",),
        order=order,
        terms=msgspec.json.encode(RunTerms()),
    )
    services.checks.open_check(check, (run,))
    evidence = benchmarked(pairs({"parse": 1.01}, noise=STILL))
    services.checks.store_report(run.run, report(order, evidence))
    verdict = verdict_of(services.checks, check)
    record(services, check, verdict)
    (found,) = [one for one in verdict.suites[0].findings if one.case and one.statistic == "level"]
    return verdict.outcome, found.reason


def test_each_merge_by_itself_is_real_but_small(story: Story) -> None:
    assert story.outcomes == ((Outcome.PASS, Reason.REAL_BUT_SMALL),) * 4


def test_all_of_them_together_are_a_regression_against_the_baselines_origin(story: Story) -> None:
    assert story.done.code == 1, story.done.stderr
    assert story.done.stdout.startswith("Regression: parse")


def test_the_report_says_that_the_base_is_the_baselines_origin(story: Story) -> None:
    assert "is the origin of the baseline" in story.report
    assert "4 commits before this head" in story.report


def test_the_contributors_are_named_with_their_intervals(story: Story) -> None:
    for number in MERGES:
        assert f"- PR {number}: +1.0 % (+" in story.report
    assert re.search(r"recorded losses come to \+4\.[012] % \(\+", story.report)


def test_the_terminal_and_the_document_say_so_too(story: Story) -> None:
    assert "PR 3: +1.0 % (+" in story.done.stdout
    mark = story.document["high_water"]
    assert isinstance(mark, dict)
    (loss,) = mark["losses"]
    assert [debt["pull_request"] for debt in loss["debts"]] == [*MERGES]
    assert loss["change"] == pytest.approx(1.01**4 - 1, abs=0.003)
