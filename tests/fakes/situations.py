"""The situations that a reader of verdicts meets, each judged from made-up evidence."""

from __future__ import annotations

from functools import cache

from engine.errors import UserError, Where
from engine.findings import Verdict
from engine.orders import Failure
from engine.values import Side
from engine.verdicts import RunTerms, judge_check, judge_problem, judge_run
from tests.fakes.conversation_situations import conversation_situations
from tests.fakes.evidence import (
    QUIET,
    RATE,
    Metric,
    benchmark_order,
    benchmarked,
    command_order,
    ended,
    facts,
    late,
    overhead_order,
    pairs,
    perf_budget,
    points,
    report,
    stored_baseline,
    sweep_order,
    swept,
    without,
)
from tests.fakes.row_situations import certified, doubts, measurement_changed
from tests.fakes.sweep_situations import sweep_situations

NOISY = tuple(6 * wobble for wobble in QUIET)
CORE = {"decay_10k": 1.002, "similarity_768d": 0.998, "spreading_activation": 1.004}
SMOKE = (1.52, 1.31, 0.94, 1.1)


@cache
def situations() -> dict[str, Verdict]:
    """Give every situation by name."""
    return {
        "regression": regression(),
        "refactoring": refactoring(),
        "improvement": improvement(),
        "cannot_tell": cannot_tell(),
        "missing_and_new": missing_and_new(),
        "candidate_failed": candidate_failed(),
        "runner_lost": runner_lost(),
        "broken_configuration": broken_configuration(),
        "base_failed": base_failed(),
        "over_max_value": over_max_value(),
        "throughput": throughput(),
        "hostile": hostile(),
        "skipped": judge_check(facts(), (), skipped=("core", "ci_smoke")),
        "many_rows": many_rows(),
        "commands": commands(),
        "command_failed": command_failed(),
        "command_fails_everywhere": command_fails_everywhere(),
        "out_of_time": out_of_time(),
        "certified": certified(),
        "doubts": doubts(),
        "measurement_changed": measurement_changed(),
        "overhead": overhead(),
        **sweep_situations(),
        **conversation_situations(),
    }


def regression() -> Verdict:
    order, sweep = benchmark_order(), sweep_order()
    slow = benchmarked(pairs({**CORE, "decay_10k": 1.43}))
    worse = swept(points(SMOKE), points((1.31, 1.22, 0.9, None), returns="other"))
    terms = RunTerms(
        perf_budget=perf_budget(),
        budget_file="sweeps/perf_budget.yaml",
        baselines={"baseline": stored_baseline(1.5), "prod": stored_baseline(1.3)},
    )
    suites = (
        judge_run(order, RunTerms(), report(order, slow)),
        judge_run(sweep, terms, report(sweep, worse)),
    )
    return judge_check(facts(), suites, skipped=("docs",))


def refactoring() -> Verdict:
    order, sweep = benchmark_order(), sweep_order()
    terms = RunTerms(perf_budget=perf_budget(), budget_file="sweeps/perf_budget.yaml")
    suites = (
        judge_run(order, RunTerms(), report(order, benchmarked(pairs(CORE)))),
        judge_run(sweep, terms, report(sweep, swept(points(SMOKE), points(SMOKE)))),
    )
    return judge_check(facts(), suites)


def improvement() -> Verdict:
    order = benchmark_order()
    evidence = benchmarked(pairs({**CORE, "similarity_768d": 0.7}))
    return judge_check(facts(), (judge_run(order, RunTerms(), report(order, evidence)),))


def cannot_tell() -> Verdict:
    order = benchmark_order()
    noisy = pairs({"io_scan": 1.08, "parse_orders": 1.09}, noise=NOISY)
    few = report(order, benchmarked(noisy), caveats=("the load average was 7.9 on 2 cores",))
    suites = (judge_run(order, RunTerms(), few),)
    return judge_check(facts(inconclusive_fails=True, policy="c" * 40), suites)


def missing_and_new() -> Verdict:
    order = benchmark_order()
    launches = without(pairs({**CORE, "brand_new": 1.0}), Side.HEAD, "similarity_768d")
    launches = without(launches, Side.BASE, "brand_new")
    listed = benchmarked(launches, listed_base=(*CORE, "never_run"))
    return judge_check(facts(), (judge_run(order, RunTerms(), report(order, listed)),))


def candidate_failed() -> Verdict:
    order = benchmark_order()
    tail = 'Traceback (most recent call last):\n  File "bench.py", line 3\nImportError: numba\n'
    failure = Failure(blame="candidate", step="python bench.py {out}", side=Side.HEAD, tail=tail)
    return judge_check(facts(), (judge_run(order, RunTerms(), report(order, None, failure)),))


def runner_lost() -> Verdict:
    order, sweep = benchmark_order(), sweep_order()
    terms = RunTerms(perf_budget=perf_budget(), budget_file="sweeps/perf_budget.yaml")
    suites = (
        judge_run(order, RunTerms(), None, losses=2),
        judge_run(sweep, terms, report(sweep, swept(points(SMOKE), points(SMOKE)))),
    )
    return judge_check(facts(), suites)


def broken_configuration() -> Verdict:
    problem = "found 'bench', allowed: sweep, benchmark."
    error = UserError(problem, Where(".highwater.yml", 4, "suites.core.kind"), "Use one of them.")
    return judge_problem(facts(), error)


def base_failed() -> Verdict:
    sweep = sweep_order()
    terms = RunTerms(perf_budget=perf_budget(), budget_file="sweeps/perf_budget.yaml")
    evidence = swept(points((None, None)), points((1.5, 1.2)))
    return judge_check(facts(), (judge_run(sweep, terms, report(sweep, evidence)),))


def over_max_value() -> Verdict:
    budget = {
        "default": {"time": {"max_worsening": 0.10}},
        "cases": {"decay*": {"time": {"max_worsening": 0.10, "max_value": "10.1ms"}}},
    }
    order = benchmark_order(budget=budget)
    evidence = benchmarked(pairs({**CORE, "decay_10k": 1.03}))
    return judge_check(facts(), (judge_run(order, RunTerms(), report(order, evidence)),))


def throughput() -> Verdict:
    order = benchmark_order(budget={"default": {"rate": {"max_worsening": 0.05}}})
    effects = {"match_orders": 0.9, "quote_book": 1.001}
    slower = pairs(effects, metric=RATE)
    return judge_check(facts(), (judge_run(order, RunTerms(), report(order, benchmarked(slower))),))


def hostile() -> Verdict:
    order = benchmark_order(name="a|b`c")
    names = {
        "</summary></details># owned | @everyone `x`": 1.5,
        "\u202e[click](javascript:alert(1))\n\n# heading": 1.4,
        "n" * 300: 1.3,
    }
    tail = "``````\n</details>\n@torvalds see #1 \x1b[31mred\x1b[0m\n# heading\n"
    failure = Failure(blame="candidate", step="run `|` @all", side=Side.HEAD, tail=tail)
    launches = pairs(names, metric=Metric("@me|", "![x](http://evil.example)"))
    suites = (judge_run(order, RunTerms(), report(order, benchmarked(launches), failure)),)
    return judge_check(facts(), suites, skipped=("<img src=x>",))


def many_rows() -> Verdict:
    order = benchmark_order()
    effects = {f"suite/test_{n:04d}_{'x' * 60}": 1.5 if n % 2 else 1.0 for n in range(900)}
    launches = pairs(effects, noise=QUIET[:8])
    return judge_check(
        facts(), (judge_run(order, RunTerms(), report(order, benchmarked(launches))),)
    )


def commands() -> Verdict:
    lint, types = command_order("c7-3", "lint"), command_order("c7-4", "types")
    suites = (
        judge_run(lint, RunTerms(), report(lint, ended())),
        judge_run(types, RunTerms(), report(types, ended(base=2))),
    )
    return judge_check(facts(), suites)


def command_failed() -> Verdict:
    order = command_order()
    return judge_check(facts(), (judge_run(order, RunTerms(), report(order, ended(head=2))),))


def command_fails_everywhere() -> Verdict:
    order = command_order()
    evidence = ended(base=2, head=-15)
    return judge_check(facts(), (judge_run(order, RunTerms(), report(order, evidence)),))


def out_of_time() -> Verdict:
    sweep = sweep_order()
    terms = RunTerms(perf_budget=perf_budget(), budget_file="sweeps/perf_budget.yaml")
    evidence = swept(late(points(SMOKE), 2, 3), points(SMOKE))
    return judge_check(facts(), (judge_run(sweep, terms, report(sweep, evidence)),))


def overhead() -> Verdict:
    """Give risk rules that cost more than their absolute budget, whoever wrote them."""
    found = benchmarked(pairs({"with_rules": 1.283}))
    suite = judge_run(overhead_order(), RunTerms(), report(overhead_order(), found))
    return judge_check(facts(), (suite,))
