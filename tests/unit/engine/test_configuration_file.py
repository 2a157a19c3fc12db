from __future__ import annotations

import pytest

from engine.budgets import MetricBudget
from engine.configuration import Nightly, Ratchet
from engine.configuration_file import parse_configuration
from engine.errors import UserError

# The example of the contract without what this version refuses.
EXAMPLE = """\
version: 1
setup: [["pip", "install", "-r", "requirements.txt"]]   # argv lists, no shell
suites:
  ci_smoke:
    kind: sweep
    spec: sweeps/ci_smoke.yaml
    budget: sweeps/perf_budget.yaml
    baseline: benchmarks/baseline.json
    runs_on: [linux, x86_64]
    when: [pull_request, nightly]
    paths: ["strategies/**", "sweeps/**"]
    timeout_s: 900
  core:
    kind: benchmark
    list: ["python", "-m", "pytest", "benchmarks", "--collect-only", "-q"]
    command: ["python", "-m", "pytest", "{cases}", "--benchmark-json={out}"]
    format: pytest-benchmark
    measures: ["benchmarks/**"]
    budget:
      default: {time: {max_worsening: 0.05}, memory: {max_worsening: 0.10}}
      cases: {"test_decay*": {time: {max_worsening: 0.10, max_value: 70ms}}}
    runs_on: [linux, bench-a]
    max_minutes: 10
  own_engine:
    kind: sweep
    command: ["python", "research/run.py", "--out", "{out}"]
    budget: sweeps/perf_budget.yaml
    baseline: {prod: baselines/prod.json, dev: baselines/dev.json}
    runs_on: [linux]
policy: {forks: approve, inconclusive: neutral, comment: on_change}
"""


def refusal(old: str, new: str) -> str:
    assert old in EXAMPLE
    with pytest.raises(UserError) as caught:
        parse_configuration(EXAMPLE.replace(old, new, 1).encode())
    return str(caught.value)


def test_the_contracts_example_is_read() -> None:
    found = parse_configuration(EXAMPLE.encode()).configuration
    assert (list(found.suites), found.setup[0][0]) == (["ci_smoke", "core", "own_engine"], "pip")


def test_a_benchmarks_budget_stands_in_the_file() -> None:
    suite = parse_configuration(EXAMPLE.encode()).configuration.suites["core"]
    assert suite.budget is not None
    assert not isinstance(suite.budget, str)
    assert suite.budget.cases["test_decay*"]["time"] == MetricBudget(
        max_worsening=0.1, max_value="70ms"
    )


def test_every_budget_is_found_by_its_line() -> None:
    document = parse_configuration(EXAMPLE.encode()).document
    path = ("suites", "core", "budget", "cases", "test_decay*", "time", "max_worsening")
    assert document.line(path) == 21


def test_a_glob_that_is_none_is_told_with_its_line() -> None:
    assert ": suites.ci_smoke.paths[0]: '!' is not a glob" in refusal('"strategies/**"', '"!"')


def test_the_schedule_the_tiers_and_the_ratchet_are_read() -> None:
    text = EXAMPLE.replace("timeout_s: 900", "tiers: [quick, full]").replace(
        "runs_on: [linux]\n", "runs_on: [linux]\n    ratchet: {max_cumulative_drop: 0.15}\n"
    )
    text += 'nightly: {cron: "0 3 * * *", branch: main, rerun_best: 1, high_water: true}\n'
    read = parse_configuration(text.encode()).configuration
    assert read.nightly == Nightly(cron="0 3 * * *", branch="main", rerun_best=1, high_water=True)
    assert read.suites["ci_smoke"].tiers == ("quick", "full")
    assert read.suites["own_engine"].ratchet == Ratchet(max_cumulative_drop=0.15)


@pytest.mark.parametrize(
    "old,new,expected",
    [
        ("version: 1", "version: 2", ".highwater.yml:1: version: expected one of the choices"),
        ("version: 1\n", "", "version: missing key `version`"),
        (
            "  core:",
            "  ci_smoke:",
            ".highwater.yml:13: suites.ci_smoke: the key `ci_smoke` is written twice",
        ),
        ("  core:", "  co re:", ".highwater.yml:13: suites.co re: 'co re' is no suite name"),
        (
            "timeout_s: 900",
            "timeut_s: 9",
            "12: suites.ci_smoke.timeut_s: unknown key `timeut_s`. Did",
        ),
        ("timeout_s: 900", "timeout_s: 0", "suites.ci_smoke.timeout_s: expected a number > 0"),
        ("timeout_s: 900", "timeout_s: .inf", "suites.ci_smoke.timeout_s: expected a finite"),
        ("kind: sweep", "kind: tournament", "5: suites.ci_smoke.kind: the kind tournament is not"),
        ("kind: sweep", "kind: sweeep", "5: suites.ci_smoke.kind: expected one of the choices"),
        ("    kind: sweep\n", "", "suites.ci_smoke.kind: missing key `kind`"),
        ("timeout_s: 900", "data: {a: a}", "suites.ci_smoke.data.a: expected a mapping, found"),
        (
            "timeout_s: 900",
            "measure: {warmup: 9}",
            "12: suites.ci_smoke.measure.warmup: the key warmup has no effect on this suite",
        ),
        (
            "max_minutes: 10",
            "measure: {max_pairs: 60, samples: 9}",
            "23: suites.core.measure.samples: the key samples has no effect on this suite",
        ),
        ("timeout_s: 900", "tiers: [slow]", "12: suites.ci_smoke.tiers[0]: expected one of"),
        (
            "spec: sweeps/ci_smoke.yaml",
            "spec: ../x",
            "6: suites.ci_smoke.spec: the path '../x' leads",
        ),
        (
            "    spec: sweeps/ci_smoke.yaml\n",
            "",
            "4: suites.ci_smoke: a sweep needs exactly one of spec",
        ),
        ("timeout_s: 900", "command: [a, '{out}']", "exactly one of spec and command, found both"),
        (
            "    budget: sweeps/perf_budget.yaml\n",
            "",
            "suites.ci_smoke.budget: missing key `budget`",
        ),
        (
            "budget: sweeps/perf_budget.yaml",
            "budget: {}",
            "7: suites.ci_smoke.budget: the budget of a sweep is",
        ),
        (
            "sweeps/perf_budget.yaml",
            "/etc/passwd",
            "ci_smoke.budget: the path '/etc/passwd' leads outside",
        ),
        ("benchmarks/baseline.json", "~/b", "suites.ci_smoke.baseline: the path '~/b' leads"),
        ("baselines/dev.json", "../dev", "suites.own_engine.baseline.dev: the path"),
        (
            "timeout_s: 900",
            "format: samples",
            "suites.ci_smoke.format: the key format does not fit a suite of",
        ),
        ('"strategies/**"', '"../**"', "11: suites.ci_smoke.paths[0]: the glob '../**' leads"),
        (
            '["benchmarks/**"]',
            "[a, b/../c]",
            "18: suites.core.measures[1]: the glob 'b/../c' leads",
        ),
        (
            "max_minutes: 10",
            "spec: a",
            "13: suites.core: a benchmark needs exactly one of spec and command, found both",
        ),
        ("format: pytest-benchmark", "format: x", "suites.core.format: 'x' is not a format"),
        ("    format: pytest-benchmark\n", "", "suites.core.format: missing key `format`"),
        ("--benchmark-json={out}", "-q", "16: suites.core.command: the command never says"),
        ("70ms", "70 parsecs", "is not a quantity such as 70ms"),
        ("max_worsening: 0.05", "max_worsening: 5%", "default.time.max_worsening: expected a num"),
        ("[linux, x86_64]", "[]", "suites.ci_smoke.runs_on: expected a list of length >= 1"),
        ("[linux, x86_64]", "[Linux]", "9: suites.ci_smoke.runs_on[0]: expected a string that"),
        ("forks: approve", "forks: yes", 'policy.forks: expected one of the choices, found "yes"'),
        (
            "forks: approve",
            "forkz: never",
            "policy.forkz: unknown key `forkz`. Did you mean forks?",
        ),
        ('[["pip"', '["pip", ["pip"', '2: setup[0]: expected a list, found "pip"'),
    ],
)
def test_a_broken_file_names_line_field_and_finding(old: str, new: str, expected: str) -> None:
    assert expected in refusal(old, new)


@pytest.mark.parametrize("suites", ["", "suites: {}\n"])
def test_a_file_without_a_suite_is_an_error(suites: str) -> None:
    with pytest.raises(UserError, match="declares no suite"):
        parse_configuration(f"version: 1\n{suites}".encode())


@pytest.mark.parametrize("text", ["[]", "3", "x", "suites: []", "suites: {a: 1}\nversion: 1"])
def test_a_file_of_another_shape_is_an_error(text: str) -> None:
    with pytest.raises(UserError):
        parse_configuration(text.encode())


COMMAND = "version: 1\nsuites:\n  lint:\n    kind: command\n    command: [make, lint]\n"


def test_a_command_needs_nothing_but_the_command() -> None:
    suite = parse_configuration(COMMAND.encode()).configuration.suites["lint"]
    assert (suite.kind, suite.command) == ("command", ("make", "lint"))


@pytest.mark.parametrize(
    "line",
    [
        "spec: a.yaml",
        "list: [a]",
        "format: samples",
        "budget: b.yaml",
        "budget: {}",
        "baseline: b.json",
        "max_minutes: 3",
    ],
)
def test_a_command_has_no_key_of_what_measures(line: str) -> None:
    key = line.partition(":")[0]
    with pytest.raises(UserError, match=f":6: suites.lint.{key}: the key {key} does not fit"):
        parse_configuration(f"{COMMAND}    {line}\n".encode())


def test_a_command_suite_without_a_command_is_an_error() -> None:
    text = COMMAND.replace("    command: [make, lint]\n", "")
    with pytest.raises(UserError, match=r"suites\.lint\.command: missing key `command`"):
        parse_configuration(text.encode())


SPEC = """\
version: 1
suites:
  core:
    kind: benchmark
    spec: benchmarks/cases.py
    measure: {warmup: 3, samples: 9, max_pairs: 60, threads: 2, metrics: [wall, memory]}
"""


def test_a_benchmark_is_a_file_of_cases_too() -> None:
    suite = parse_configuration(SPEC.encode()).configuration.suites["core"]
    assert (suite.spec, suite.command, suite.format) == ("benchmarks/cases.py", None, None)
    assert (suite.measure.samples, suite.measure.metrics) == (9, ("wall", "memory"))


@pytest.mark.parametrize(
    "old,new,expected",
    [
        ("    measure:", "    command: [a]\n    measure:", "3: suites.core: .* found both"),
        (
            "    measure:",
            "    list: [a]\n    measure:",
            "6: suites.core.list: .* goes with command",
        ),
        (
            "    measure:",
            "    format: samples\n    measure:",
            "6: suites.core.format: .* goes with",
        ),
        ("cases.py", "cases.yaml", "5: suites.core.spec: the spec of a benchmark is a Python"),
        ("cases.py", "../cases.py", "5: suites.core.spec: the path .* leads"),
        ("samples: 9", "samples: 4", "6: suites.core.measure.samples: expected"),
        ("samples: 9", "deterministic: true", "6: suites.core.measure.deterministic: .*no effect"),
        ("wall, memory", "energy", "6: suites.core.measure.metrics"),
        ("wall, memory", "", "6: suites.core.measure.metrics: expected"),
    ],
)
def test_what_is_wrong_with_a_file_of_cases_is_told_by_its_line(
    old: str, new: str, expected: str
) -> None:
    assert old in SPEC
    with pytest.raises(UserError, match=expected):
        parse_configuration(SPEC.replace(old, new, 1).encode())


def test_cases_within_an_argument_are_refused_with_line_and_remedy() -> None:
    text = """\
version: 1
suites:
  core:
    kind: benchmark
    format: samples
    command:
      - run
      - "{out}"
      - "--only={cases}"
"""
    with pytest.raises(
        UserError, match=r":9: suites\.core\.command\[2\]: \{cases\} stands"
    ) as caught:
        parse_configuration(text.encode())
    assert "Give {cases} an argument of its own" in caught.value.remedy
    parse_configuration(text.replace("--only={cases}", "{cases}").encode())
