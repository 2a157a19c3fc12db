"""What a check on a laptop compares: commits, the work tree, declarations, before it measures."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.git import git
from bot.high_water import merged_into, other_budgets
from bot.laptop import Wish, check_locally, find_commits, snapshot
from bot.mirror import Mirror
from engine.budgets import BenchmarkBudget
from engine.errors import UserError
from engine.orders import Failure, RunOrder, RunReport
from engine.values import CommitSha
from tests.fakes.bot_stage import CONFIGURATION, FILES, SLOWER
from tests.fakes.evidence import report
from tests.fakes.git_repositories import PERSON
from tests.fakes.sweeps import SEED_BASELINE
from tests.fakes.worktrees import WorkTree

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.fixture
def tree(tmp_path: Path) -> WorkTree:
    return WorkTree.create(tmp_path / "strategies", FILES)


def refuses(order: RunOrder, _bundle: Path) -> RunReport:
    message = f"{order.suite_name} was measured"
    raise AssertionError(message)


def refusal(tree: WorkTree, **wish: object) -> UserError:
    with pytest.raises(UserError) as caught:
        check_locally(Wish(directory=tree.directory, **wish), refuses, NOW)  # type: ignore[arg-type]
    return caught.value


def read(tree: WorkTree, commit: str, path: str) -> bytes | None:
    return Mirror(tree.directory).read(commit, path)  # type: ignore[arg-type]


def test_equal_trees_are_nothing_to_compare(tree: WorkTree) -> None:
    assert "hold the same files: there is nothing to compare" in refusal(tree).problem


def test_a_work_tree_that_nobody_changed_is_head_itself(tree: WorkTree) -> None:
    assert snapshot(tree.directory) == tree.tip()


def test_the_work_tree_has_changed_and_untracked_files(tree: WorkTree) -> None:
    tree.write({"work.py": SLOWER, "new/module.py": "NEW = 1\n"})
    made = snapshot(tree.directory)
    assert read(tree, made, "work.py") == SLOWER.encode()
    assert read(tree, made, "new/module.py") == b"NEW = 1\n"


def test_the_work_tree_lacks_what_was_removed_and_what_is_ignored(tree: WorkTree) -> None:
    tree.write({".gitignore": "*.log\n", "a.log": "secret"})
    (tree.directory / "work.py").unlink()
    made = snapshot(tree.directory)
    assert (read(tree, made, "work.py"), read(tree, made, "a.log")) == (None, None)


def test_a_snapshot_touches_neither_refs_nor_index(tree: WorkTree) -> None:
    tree.write({"work.py": SLOWER, "untracked.py": ""})
    before = tree.state()
    snapshot(tree.directory)
    assert tree.state() == before


def test_the_base_is_where_the_branch_left_the_default_branch(tree: WorkTree) -> None:
    started = tree.tip()
    tree.switch("feature")
    head = tree.commit({"work.py": SLOWER})
    found = find_commits(Mirror(tree.directory), Wish(directory=tree.directory))
    assert (found.base, found.head) == (started, head)


def test_a_folder_below_the_top_will_do(tree: WorkTree) -> None:
    tree.write({"deep/er/x.py": "", "work.py": SLOWER})
    wish = Wish(directory=tree.directory / "deep" / "er", suites=("none",))
    with pytest.raises(UserError, match="has no suite 'none'"):
        check_locally(wish, refuses, NOW)


def test_an_unknown_suite_is_told_with_the_known_ones(tree: WorkTree) -> None:
    tree.write({"work.py": SLOWER})
    error = refusal(tree, suites=("cores",))
    assert error.problem == "the file has no suite 'cores'; there are: core."
    assert str(error.where) == ".highwater.yml: suites"


def test_without_a_declaration_nothing_says_what_to_measure(tmp_path: Path) -> None:
    tree = WorkTree.create(tmp_path / "bare", {"work.py": ""})
    tree.write({"work.py": SLOWER})
    error = refusal(tree)
    assert (str(error.where), "nothing says what to measure" in error.problem) == (
        ".highwater.yml",
        True,
    )


def test_a_declaration_that_head_alone_has_is_taken_from_there(tmp_path: Path) -> None:
    tree = WorkTree.create(tmp_path / "young", {"work.py": "", "bench.py": ""})
    tree.write({".highwater.yml": CONFIGURATION})
    found = find_commits(Mirror(tree.directory), Wish(directory=tree.directory))
    assert found.declared_at == found.head


def test_a_declaration_that_both_have_is_the_bases(tree: WorkTree) -> None:
    tree.write({".highwater.yml": CONFIGURATION.replace("core:", "other:")})
    found = find_commits(Mirror(tree.directory), Wish(directory=tree.directory))
    assert list(found.configuration.suites) == ["core"]


def test_a_shallow_clone_is_told_how_to_get_its_history(tree: WorkTree, tmp_path: Path) -> None:
    tree.commit({"more": "1"})
    source = tree.directory.as_uri()
    git(tmp_path, "clone", "--quiet", "--depth=1", source, "shallow")
    shown = refusal(WorkTree(tmp_path / "shallow"))
    assert "git fetch --unshallow" in shown.remedy


def test_outside_a_repository_there_is_nothing_to_check(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is not in a git repository"):
        check_locally(Wish(directory=tmp_path), refuses, NOW)


@pytest.mark.parametrize("base", ["gone", "--all", "work.py"])
def test_a_base_that_is_no_commit_is_told(tree: WorkTree, base: str) -> None:
    assert "is not a commit of this repository" in refusal(tree, base=base).problem


def test_without_a_default_branch_the_base_must_be_named(tree: WorkTree) -> None:
    tree.switch("trunk")
    (tree.directory / ".git/refs/heads/main").unlink()
    assert "no default branch was found" in refusal(tree).problem


def test_a_baselines_commit_is_the_base(
    tree: WorkTree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = tree.tip()
    tree.commit({"work.py": SLOWER})
    stored = tmp_path / "elsewhere" / "baseline.json"
    stored.parent.mkdir()
    stored.write_text(json.dumps({**SEED_BASELINE, "git_sha": started}))
    monkeypatch.chdir(stored.parent)
    wish = Wish(directory=tree.directory, base="baseline.json")
    assert find_commits(Mirror(tree.directory), wish).base == started


def test_a_baseline_that_is_missing_is_told(tree: WorkTree) -> None:
    error = refusal(tree, base="gone.json")
    assert (str(error.where), error.problem) == (
        "gone.json",
        "cannot be read: No such file or directory.",
    )


def measured_with(tree: WorkTree) -> RunOrder:
    """Give the order that a check of the work tree sends to be measured."""
    orders = []

    def keep(order: RunOrder, _bundle: Path) -> RunReport:
        orders.append(order)
        failure = Failure(blame="runner", step="stop here")
        return report(order, None, failure)

    check_locally(Wish(directory=tree.directory, suites=("core",)), keep, NOW)
    (order,) = orders
    return order


def test_a_measuring_file_that_head_changes_is_named(tree: WorkTree) -> None:
    tree.write({"bench.py": "# changed\n" + FILES["bench.py"], "work.py": SLOWER})
    assert measured_with(tree).measuring_changed == ("bench.py",)


def test_a_measuring_file_that_head_renames_is_named_by_its_old_name(tree: WorkTree) -> None:
    (tree.directory / "bench.py").rename(tree.directory / "bench_new.py")
    assert measured_with(tree).measuring_changed == ("bench.py",)


def test_a_measuring_file_that_head_adds_is_not_named(tree: WorkTree) -> None:
    globs = CONFIGURATION.replace("format: samples", 'format: samples\n    measures: ["bench*"]')
    tree.commit({".highwater.yml": globs})
    tree.write({"bench_more.py": "", "work.py": SLOWER})
    order = measured_with(tree)
    assert (order.suite.measures, order.measuring_changed) == (("bench*",), ())


PLATFORM_BASELINE = {
    "version": 1,
    "platform": "x86_64-linux-gnu",
    "cpu": "EPYC",
    "timestamp": "2026-11-01T00:00:00+00:00",
    "fingerprint": "f" * 16,
    "baselines": {"parse": {"mean_ns": 1e7, "std_dev_ns": 1e5, "sample_size": 60}},
}


def test_a_benchmark_baselines_commit_is_the_base(tree: WorkTree, tmp_path: Path) -> None:
    started = tree.tip()
    tree.commit({"work.py": SLOWER})
    stored = tmp_path / "x86_64-linux-gnu-ffffffff.json"
    stored.write_text(json.dumps({**PLATFORM_BASELINE, "git_sha": started}))
    wish = Wish(directory=tree.directory, base=str(stored))
    assert find_commits(Mirror(tree.directory), wish).base == started


def test_a_benchmark_baseline_that_names_no_commit_is_told_with_the_remedy(
    tree: WorkTree, tmp_path: Path
) -> None:
    stored = tmp_path / "old.json"
    stored.write_text(json.dumps(PLATFORM_BASELINE))
    error = refusal(tree, base=str(stored))
    assert str(error.where) == f"{stored}: git_sha"
    assert "bench run --update-baselines" in error.remedy


@pytest.mark.parametrize("named", ["HEAD", "main", "--all", "main; rm -rf .", "0" * 7, "A" * 40])
def test_a_baseline_of_what_is_no_commits_hash_is_refused_with_its_field(
    tree: WorkTree, tmp_path: Path, named: str
) -> None:
    stored = tmp_path / "foreign.json"
    stored.write_text(json.dumps({**PLATFORM_BASELINE, "git_sha": named}))
    error = refusal(tree, base=str(stored))
    assert str(error.where) == f"{stored}: git_sha"
    assert "is no commit's hash" in error.problem


def test_a_sweeps_baseline_may_name_its_commit_by_seven_digits(
    tree: WorkTree, tmp_path: Path
) -> None:
    started = tree.tip()
    tree.commit({"work.py": SLOWER})
    stored = tmp_path / "sweep.json"
    stored.write_text(json.dumps({**SEED_BASELINE, "git_sha": started[:7]}))
    wish = Wish(directory=tree.directory, base=str(stored))
    assert find_commits(Mirror(tree.directory), wish).base == started


def test_suites_and_budgets_are_todays_where_the_base_is_a_baselines_origin(
    tree: WorkTree, tmp_path: Path
) -> None:
    started = tree.tip()
    today = tree.commit({".highwater.yml": CONFIGURATION.replace("0.10", "0.03")})
    tree.switch("feature")
    tree.commit({"work.py": SLOWER, ".highwater.yml": CONFIGURATION.replace("0.10", "0.50")})
    stored = tmp_path / "x.json"
    stored.write_text(json.dumps({**PLATFORM_BASELINE, "git_sha": started}))
    wish = Wish(directory=tree.directory, base=str(stored), head="HEAD")
    found = find_commits(Mirror(tree.directory), wish)
    assert (found.target, found.base, found.declared_at) == (today, started, today)
    budget = found.configuration.suites["core"].budget
    assert isinstance(budget, BenchmarkBudget)
    assert budget.default["time"].max_worsening == 0.03


def test_the_origins_other_budget_is_told(tree: WorkTree) -> None:
    started = CommitSha(tree.tip())
    today = CommitSha(tree.commit({".highwater.yml": CONFIGURATION.replace("0.10", "0.03")}))
    mirror = Mirror(tree.directory)
    assert other_budgets(mirror, started, today, ["core"]) == ("core",)
    assert other_budgets(mirror, started, started, ["core"]) == ()
    assert other_budgets(mirror, started, today, []) == ()


def test_a_budget_file_is_compared_by_what_it_holds(tmp_path: Path) -> None:
    sweep = (
        "version: 1\nsuites:\n  wide:\n    kind: sweep\n    spec: s.yaml\n"
        "    budget: b.yaml\n    runs_on: [linux]\n"
    )
    tree = WorkTree.create(tmp_path / "swept", {".highwater.yml": sweep, "b.yaml": "old: 1\n"})
    started = CommitSha(tree.tip())
    today = CommitSha(tree.commit({"b.yaml": "new: 1\n"}))
    assert other_budgets(Mirror(tree.directory), started, today, ["wide"]) == ("wide",)


def test_a_subject_inside_a_merged_branch_is_not_the_branchs_own(tree: WorkTree) -> None:
    started = CommitSha(tree.tip())
    tree.switch("feature")
    tree.write({"work.py": SLOWER})
    git(tree.directory, "commit", "--quiet", "--all", "-m", "Faster (#99)", environ=PERSON)
    inside = tree.tip()
    git(tree.directory, "switch", "--quiet", "main")
    merge = ("merge", "--quiet", "--no-ff", "-m", "Nicer (#12)", "feature")
    git(tree.directory, *merge, environ=PERSON)
    found = merged_into(tree.directory, CommitSha(tree.tip()), started)
    assert inside in found.commits
    assert found.subjects == ["Nicer (#12)"]


@pytest.mark.parametrize("named", ["0" * 40])
def test_a_baseline_of_a_commit_that_is_not_here_is_told_with_its_field(
    tree: WorkTree, tmp_path: Path, named: str
) -> None:
    stored = tmp_path / "foreign.json"
    stored.write_text(json.dumps({**PLATFORM_BASELINE, "git_sha": named}))
    error = refusal(tree, base=str(stored))
    assert str(error.where) == f"{stored}: git_sha"
    assert "is not a commit of this repository" in error.problem
