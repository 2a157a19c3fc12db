from __future__ import annotations

import pytest

from engine.commands import TABLE, Verb, entry_of, written


def test_the_table_has_one_row_for_each_verb() -> None:
    assert [entry.verb for entry in TABLE] == list(Verb)


def test_verbs_of_later_versions_are_absent() -> None:
    assert {"approve", "profile", "bisect"}.isdisjoint(set(Verb))


@pytest.mark.parametrize(
    "verb,needs",
    [
        (Verb.RUN, "triage"),
        (Verb.RERUN, "triage"),
        (Verb.MORE, "triage"),
        (Verb.STATUS, "triage"),
        (Verb.CANCEL, "triage"),
        (Verb.ACCEPT, "maintain"),
        (Verb.MUTE, "maintain"),
        (Verb.PROMOTE, "maintain"),
    ],
)
def test_each_command_needs_the_role_of_the_contract(verb: Verb, needs: str) -> None:
    assert entry_of(verb).needs == needs


@pytest.mark.parametrize(
    "verb,usage",
    [
        (Verb.RUN, "/highwater run [suite=NAME] [tag=TAG] [pairs=5..60] [base=BRANCH]"),
        (Verb.CANCEL, "/highwater cancel"),
        (Verb.ACCEPT, '/highwater accept SUITE::CASE [metric=METRIC] reason="…"'),
        (Verb.PROMOTE, '/promote-baseline [suite=NAME] [baseline=NAME] reason="…"'),
    ],
)
def test_the_usage_shows_what_is_optional(verb: Verb, usage: str) -> None:
    assert entry_of(verb).usage == usage


@pytest.mark.parametrize("pairs", ["5", "9", "10", "59", "60"])
def test_pairs_from_5_to_60_are_accepted(pairs: str) -> None:
    argument = entry_of(Verb.RUN).argument("pairs")
    assert argument is not None
    assert argument.accepts(pairs)


@pytest.mark.parametrize("pairs", ["4", "61", "600", "05", "-5", "5.0", "\u0665", "6\n", ""])
def test_other_pairs_are_refused(pairs: str) -> None:
    argument = entry_of(Verb.RUN).argument("pairs")
    assert argument is not None
    assert not argument.accepts(pairs)


@pytest.mark.parametrize(
    "base", ["..", "-x", "a..b", "/a", "a b", "a.lock", "x@{1}", "a//b", "a\n", "refs:main"]
)
def test_what_is_no_branch_name_is_no_base(base: str) -> None:
    argument = entry_of(Verb.RUN).argument("base")
    assert argument is not None
    assert not argument.accepts(base)


def test_a_command_is_written_with_quotes_only_where_a_value_needs_them() -> None:
    assert written(Verb.MORE, suite="core") == "/highwater more core"
    assert written(Verb.RUN, suite="core", pairs="60") == "/highwater run suite=core pairs=60"
    said = written(Verb.ACCEPT, case="core::a[b c]", reason='so "it" is')
    assert said == '/highwater accept "core::a[b c]" reason="so \\"it\\" is"'


@pytest.mark.parametrize("reason,accepted", [("…", False), ("?!", False), ("it is é", True)])
def test_the_dots_of_an_example_are_no_reason(reason: str, accepted: bool) -> None:
    for verb in (Verb.ACCEPT, Verb.MUTE, Verb.PROMOTE):
        argument = entry_of(verb).argument("reason")
        assert argument is not None
        assert argument.accepts(reason) is accepted


@pytest.mark.parametrize("metric", ["time", "CPU time", "mean time", "p90 time of a point"])
def test_a_metric_may_be_named_as_reports_name_it(metric: str) -> None:
    argument = entry_of(Verb.ACCEPT).argument("metric")
    assert argument is not None
    assert argument.accepts(metric)
