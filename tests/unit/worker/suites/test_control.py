from __future__ import annotations

from worker.suites.control import conditions, variables


def test_both_sides_of_a_pair_get_the_same_variables() -> None:
    assert variables(7, 1) == variables(7, 1)


def test_pairs_differ_in_hash_seed_and_padding() -> None:
    found = [variables(seed, 1) for seed in range(50)]
    assert len({one["PYTHONHASHSEED"] for one in found}) == 50
    assert len({len(one["HIGHWATER_PADDING"]) for one in found}) > 40


def test_a_hash_seed_is_one_that_python_takes() -> None:
    assert int(variables(2**40 + 5, 1)["PYTHONHASHSEED"]) == 5


def test_thread_pools_get_the_declared_size() -> None:
    declared = variables(1, 4)
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS")
    assert {declared[name] for name in names} == {"4"}


def test_only_our_own_harness_is_measured_at_fixed_addresses() -> None:
    wanted = [conditions(1, own_harness=own).fixed_addresses for own in (True, False)]
    assert wanted == [True, False]
