"""A sweep's level, promoted and merged: what comes later is held to it."""

from __future__ import annotations

import json

import pytest

from bot.ports import Conclusion
from engine.baseline_files import parse_baseline
from tests.fakes.bot_stage import Bot, head_of, opened
from tests.fakes.commands import give_roles, replies, say
from tests.fakes.promotions import ASK, worked_off

pytestmark = pytest.mark.parametrize("stage", ["local"], indirect=True)

PATH = "benchmarks/baseline.json"
CONFIGURATION = f"""\
version: 1
suites:
  grid:
    kind: sweep
    command: ["python", "rows.py", "{{out}}"]
    budget: perf_budget.yaml
    baseline: {PATH}
    measures: ["rows.py"]
    measure: {{deterministic: true}}
    runs_on: [linux]
policy: {{promotion_needs_second_person: false}}
"""
BUDGET = "metric: sharpe\nmode: max\nmin_success_rate: 0.75\nmax_sharpe_drop: 0.05\n"
ROWS = """\
import json, sys
from strategy import SHARPE
with open(sys.argv[1] + "/results.jsonl", "w") as file:
    for name, less in (("a", 0.0), ("b", 0.3)):
        value = round(SHARPE - less, 6)
        metrics = {"is": {"sharpe": value + 0.1}, "oos": {"sharpe": value}}
        row = {"id": name, "params": {"less": less}, "seed": 0, "status": "ok"}
        file.write(json.dumps({**row, "metrics": metrics, "elapsed_s": 0.01}) + "\\n")
"""


def strategy(sharpe: float) -> dict[str, str]:
    return {"strategy.py": f"SHARPE = {sharpe}\n"}


def merged(bot: Bot, number: int) -> None:
    for webhook in bot.stage.merge(number, "maintainer"):
        bot.post(webhook)
    bot.handle()


SEVERAL = CONFIGURATION.replace(PATH, "{prod: levels/prod.json, dev: levels/dev.json}")


def declared(configuration: str) -> dict[str, str]:
    return {".highwater.yml": configuration, "perf_budget.yaml": BUDGET, "rows.py": ROWS}


def better(bot: Bot, configuration: str) -> int:
    """Have a better strategy measured once."""
    give_roles(bot)
    bot.stage.disk.commit("main", {**declared(configuration), **strategy(1.50)})
    number = opened(bot, "better", strategy(1.60))
    bot.work_off()
    return number


def test_of_several_baselines_the_one_that_is_named_is_promoted_alone(bot: Bot) -> None:
    number = better(bot, SEVERAL)

    say(bot, "maintainer", number, '/promote-baseline baseline=dev reason="the new level"')
    worked_off(bot)

    record = bot.services.promotions.promotion(bot.stage.repository.name, "grid", "linux")
    assert record is not None
    assert (record.status, record.scenario) == ("open", "dev")
    pull = bot.stage.forge.pull_request(bot.stage.repository, record.pull_request or 0)
    assert pull.title == "Promote the baseline dev of grid (linux)"
    read = bot.stage.forge.read_file
    assert read(bot.stage.repository, pull.head, "levels/prod.json") is None
    level = parse_baseline(read(bot.stage.repository, pull.head, "levels/dev.json") or b"", "dev")
    assert level.summary.best_metric == 1.60


@pytest.mark.parametrize(
    "asked, told",
    [
        (ASK, "the suite grid has the baselines prod, dev."),
        ('/promote-baseline baseline=test reason="x"', "`baseline` is one of: `prod`, `dev`."),
    ],
    ids=["unnamed", "unknown"],
)
def test_what_does_not_say_which_of_several_is_meant_stores_nothing(
    bot: Bot, asked: str, told: str
) -> None:
    number = better(bot, SEVERAL)

    say(bot, "maintainer", number, asked)

    assert told in replies(bot, number)[-1]
    name = bot.stage.repository.name
    assert bot.services.promotions.promotion(name, "grid", "linux") is None


def test_a_promoted_sweep_is_what_small_losses_are_added_up_against(bot: Bot) -> None:
    number = better(bot, CONFIGURATION)
    say(bot, "maintainer", number, ASK)
    worked_off(bot)
    record = bot.services.promotions.promotion(bot.stage.repository.name, "grid", "linux")
    assert record is not None
    assert record.pull_request is not None
    merged(bot, number)
    merged(bot, record.pull_request)

    content = bot.stage.forge.read_file(bot.stage.repository, head_of(bot, "main"), PATH)
    level = parse_baseline(content or b"", PATH)
    assert (level.summary.best_metric, level.git_sha) == (1.60, record.head)
    assert len({run["seed"] for run in level.evidence}) == 3

    for sharpe, expected in ((1.56, Conclusion.SUCCESS), (1.52, Conclusion.FAILURE)):
        branch = f"loss-{sharpe}"
        number = opened(bot, branch, strategy(sharpe))
        bot.work_off()
        bot.work_off()
        assert bot.runs_of(head_of(bot, branch))["highwater"].conclusion is expected
        if expected is Conclusion.SUCCESS:
            merged(bot, number)
    document = json.loads(
        next(
            verdict.document
            for check in bot.services.checks.checks_of_head(
                bot.stage.repository.name, number, head_of(bot, branch)
            )
            if (verdict := bot.services.checks.verdict(check.id)) is not None
        )
    )
    (row,) = [row for row in document["suites"][0]["findings"] if row["reason"] == "metric_drop"]
    assert (row["base"], row["head"]) == (1.60, 1.52)
    assert "promoted at" in row["caveats"][0]
