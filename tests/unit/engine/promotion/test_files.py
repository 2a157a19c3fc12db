from __future__ import annotations

import difflib
import json
from typing import Any

import msgspec
import pytest

from engine.baseline_files import (
    encode_platform_baseline,
    parse_baseline,
    parse_platform_baseline,
)
from engine.baselines import CaseBaseline, PlatformBaseline, has_expired
from engine.configuration import Suite
from engine.errors import UserError
from engine.promotion.evidence import EvidenceRun
from engine.promotion.files import (
    Candidate,
    Origin,
    candidate_files,
    candidate_path,
    scenarios,
)
from tests.fakes.evidence import HEAD
from tests.fakes.evidence_runs import benchmark_run, sweep_run

RUNS = [benchmark_run(number) for number in (1, 2, 3)]
SWEEPS = [sweep_run(number) for number in (1, 2, 3)]
SWEEP = msgspec.structs.replace(SWEEPS[0].order.suite, baseline="benchmarks/baseline.json")
OTHER = "f" * 40


def platform(runs: list[EvidenceRun], present: bytes | None = None) -> Candidate:
    suite = runs[0].order.suite
    path = candidate_path("core", suite, runs)
    (found,) = candidate_files(suite, runs, Origin(commit=HEAD), {path: present})
    return found


def sweep(runs: list[EvidenceRun], present: bytes | None = None) -> Candidate:
    origin = Origin(commit=HEAD, spec_hash="ab" * 32)
    path = candidate_path("ci_smoke", SWEEP, runs)
    (found,) = candidate_files(SWEEP, runs, origin, {path: present})
    return found


def accepted(**cases: float) -> bytes:
    return encode_platform_baseline(
        PlatformBaseline(
            version=1,
            platform="x86_64-linux-gnu",
            cpu="AMD EPYC 7763",
            timestamp="2026-11-01T00:00:00Z",
            fingerprint=RUNS[0].fingerprint,
            git_sha=OTHER,
            baselines={
                case: CaseBaseline(mean_ns=mean, std_dev_ns=1.0, sample_size=9)
                for case, mean in cases.items()
            },
        )
    )


class TestBenchmarks:
    def test_the_file_is_that_of_the_hardware(self) -> None:
        name = f"x86_64-linux-gnu-{RUNS[0].fingerprint[:8]}.json"

        assert platform(RUNS).path == f"benchmarks/baselines/{name}"

    def test_the_same_runs_and_file_give_the_same_bytes(self) -> None:
        present = accepted(a=10.0e6, z=1.0)

        assert platform(RUNS, present).content == platform(list(RUNS), present).content

    def test_the_level_is_of_all_runs_heads(self) -> None:
        level = parse_platform_baseline(platform(RUNS).content, "f")

        assert level.baselines["a"].mean_ns == pytest.approx(9.0e6, rel=0.02)
        assert len(level.baselines["a"].launches or ()) == 36
        assert (level.git_sha, len(level.evidence)) == (HEAD, 3)

    def test_it_expires_half_a_year_after_it_was_measured(self) -> None:
        level = parse_platform_baseline(platform(RUNS).content, "f")

        assert level.expires_utc == "2027-05-19T00:00:00Z"
        assert has_expired(level.expires_utc, "2027-05-19T00:00:01Z")
        assert not has_expired(level.expires_utc, "2027-05-18T00:00:00Z")

    def test_a_case_of_another_suite_stays_with_the_commit_that_it_is_of(self) -> None:
        level = parse_platform_baseline(platform(RUNS, accepted(a=10.0e6, z=5.0)).content, "f")

        assert level.git_sha is None
        assert (level.origin("z"), level.origin("a")) == (OTHER, HEAD)
        assert level.baselines["z"].mean_ns == 5.0

    def test_where_all_is_of_one_commit_it_is_named_once(self) -> None:
        content = platform(RUNS, accepted(a=10.0e6)).content

        level = parse_platform_baseline(content, "f")
        assert content.count(HEAD.encode()) == 1
        assert level.origin("a") == HEAD

    def test_a_changed_level_is_a_few_changed_lines(self) -> None:
        before = platform(RUNS).content.decode().splitlines()
        slower = [benchmark_run(number, effects={"a": 1.2, "b": 1.0}) for number in (1, 2, 3)]
        after = platform(slower).content.decode().splitlines()

        changed = [line for line in difflib.ndiff(before, after) if line.startswith("+ ")]
        assert len(changed) <= 7  # mean, std dev, launches and three quantiles of one case

    def test_every_changed_number_is_listed_with_what_each_run_says(self) -> None:
        changes = platform(RUNS, accepted(a=10.0e6)).changes

        (mean,) = [one for one in changes if (one.subject, one.number) == ("a", "mean")]
        assert (mean.before, mean.main, len(mean.runs)) == (pytest.approx(0.010), True, 3)
        assert {one.number for one in changes} == {
            "mean", "std dev", "samples", "p10", "p50", "p90",
        }  # fmt: skip

    def test_instructions_that_are_not_counted_any_more_are_listed(self) -> None:
        before = CaseBaseline(mean_ns=1.0, std_dev_ns=1.0, sample_size=9, instructions=7e6)
        known = msgspec.structs.replace(
            parse_platform_baseline(accepted(a=1.0), "b.json"), baselines={"a": before}
        )

        found = platform(RUNS, encode_platform_baseline(known)).changes

        (gone,) = [one for one in found if one.number == "instructions"]
        assert (gone.subject, gone.before, gone.after) == ("a", 7e6, None)

    @pytest.mark.parametrize("platform", ["../../.github/workflows/x", "", "a b", ".git"])
    def test_what_a_runner_calls_its_platform_leads_into_no_other_folder(
        self, platform: str
    ) -> None:
        machine = msgspec.structs.replace(RUNS[0].report.machine, platform=platform)

        with pytest.raises(UserError, match="platform"):
            candidate_path("core", RUNS[0].order.suite, [benchmark_run(1, machine=machine)])

    def test_what_is_no_baseline_file_is_refused_with_its_name(self) -> None:
        with pytest.raises(UserError, match="benchmarks/baselines/x86_64"):
            platform(RUNS, b"{}")


class TestSweeps:
    def test_the_level_is_head_and_names_where_it_comes_from(self) -> None:
        level = parse_baseline(sweep(SWEEPS).content, "f")

        assert (level.git_sha, level.spec_hash) == (HEAD, "ab" * 32)
        assert level.summary.best_metric == 1.6
        assert [run["seed"] for run in level.evidence] == [1, 2, 3]

    def test_of_differing_runs_the_middle_one_is_accepted(self) -> None:
        runs = [sweep_run(number, head=(best, 1.2)) for number, best in enumerate((1.7, 1.5, 1.6))]

        assert parse_baseline(sweep(runs).content, "f").summary.best_metric == 1.6

    def test_what_stays_equal_is_no_change(self) -> None:
        first = sweep(SWEEPS)

        assert sweep(SWEEPS, first.content).changes == ()
        assert sweep(SWEEPS, first.content).content == first.content

    def test_the_best_value_comes_first(self) -> None:
        better = [sweep_run(number, head=(1.9, 1.2)) for number in (1, 2, 3)]

        change = sweep(better, sweep(SWEEPS).content).changes[0]
        assert (change.number, change.before, change.after) == ("best sharpe", 1.6, 1.9)
        assert change.runs == (1.9, 1.9, 1.9)

    @pytest.mark.parametrize(
        "baseline", [None, {"bull": "a.json", "bear": "b.json"}], ids=["none", "several"]
    )
    def test_a_suite_without_one_file_of_its_own_is_refused(self, baseline: Any) -> None:
        suite: Suite = msgspec.structs.replace(SWEEP, baseline=baseline)

        with pytest.raises(UserError, match=r"suites\.ci_smoke\.baseline"):
            candidate_path("ci_smoke", suite, SWEEPS)

    def test_of_several_the_one_called_baseline_is_it(self) -> None:
        suite = msgspec.structs.replace(SWEEP, baseline={"bull": "a.json", "baseline": "b.json"})

        assert candidate_path("ci_smoke", suite, SWEEPS) == "b.json"

    def test_of_several_the_one_that_is_named_is_it(self) -> None:
        suite = msgspec.structs.replace(SWEEP, baseline={"bull": "a.json", "baseline": "b.json"})

        assert scenarios(suite) == ("bull", "baseline")
        assert candidate_path("ci_smoke", suite, SWEEPS, "bull") == "a.json"

    def test_a_name_that_none_of_them_has_is_refused_with_those_that_there_are(self) -> None:
        suite = msgspec.structs.replace(SWEEP, baseline={"bull": "a.json", "bear": "b.json"})

        with pytest.raises(UserError, match="bull, bear, and none is called prod"):
            candidate_path("ci_smoke", suite, SWEEPS, "prod")

    def test_an_older_file_is_read_and_nothing_of_it_is_lost_unsaid(self) -> None:
        old = {
            "git_sha": "4f2d1c9",
            "created_utc": "2026-01-05T12:00:00Z",
            "metric": "sharpe",
            "mode": "max",
            "leaderboard": [{"rank": 1, "config_id": "gone", "metric": 1.25}],
            "timing": {"p50": 1.5, "p90": 2.5},
            "summary": {"best_metric": 1.25, "success_rate": 1.0, "total_runs": 4},
        }

        changes = sweep(SWEEPS, json.dumps(old).encode()).changes

        (gone,) = [one for one in changes if one.subject == "gone"]
        assert (gone.before, gone.after) == (1.25, None)
