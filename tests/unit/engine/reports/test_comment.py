from __future__ import annotations

import html
import re
from functools import cache

import msgspec
import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from engine.commands import Verb
from engine.findings import Verdict
from engine.orders import Failure
from engine.reports.arrangement import MAX_SEEN
from engine.reports.comment import MARKER, MAX_COMMENT, Links, needs_comment, render_comment
from engine.reports.next_steps import next_steps
from engine.reports.quality import noticed
from engine.reports.undecided import cannot_tell
from engine.values import Side
from engine.verdicts import RunTerms, judge_check, judge_run
from tests.fakes.evidence import benchmark_order, benchmarked, facts, pairs, report
from tests.fakes.situations import many_rows, situations

NAMES = sorted(situations())
LINKS = Links(json_url="https://highwater.example/verdicts/c7.json")
OUR_HTML = re.compile(r"</?(details|summary|sub|code)>|<!-- highwater:verdict -->")
PERCENT = re.compile(r"\d[\d.,]* %")


@cache
def comment(name: str) -> str:
    return render_comment(situations()[name], LINKS)


@cache
def tokens(markdown: str) -> tuple[Token, ...]:
    blocks = MarkdownIt("commonmark").enable("table").parse(markdown)
    return tuple(token for block in blocks for token in (block, *(block.children or ())))


@pytest.mark.parametrize("name", NAMES)
def test_the_hidden_marker_comes_first(name: str) -> None:
    assert comment(name).startswith(f"{MARKER}\n## ")


@pytest.mark.parametrize("name", NAMES)
def test_the_decision_stands_in_the_first_line_within_80_characters(name: str) -> None:
    assert len(comment(name).splitlines()[1]) <= 80


@pytest.mark.parametrize("name", NAMES)
def test_at_most_1200_characters_stand_before_the_folds(name: str) -> None:
    assert len(comment(name).partition("<details>")[0]) <= MAX_SEEN


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"many_rows"}))
def test_no_row_is_dropped_for_want_of_room(name: str) -> None:
    verdict, shown = situations()[name], comment(name)

    for part in (cannot_tell(verdict), next_steps(verdict), noticed(verdict)):
        for line in part.lines if part else ():
            assert line in shown


@pytest.mark.parametrize("name", NAMES)
def test_a_comment_stays_within_githubs_limit(name: str) -> None:
    assert len(comment(name)) <= MAX_COMMENT


@pytest.mark.parametrize("name", NAMES)
def test_tables_have_five_columns_in_every_row(name: str) -> None:
    markdown = comment(name)
    found = tokens(markdown)

    rows = sum(token.type == "tr_open" for token in found)
    assert sum(token.type in {"td_open", "th_open"} for token in found) == 5 * rows
    assert rows == sum(line.startswith("| ") for line in outside_code(markdown)) - tables(found)


def tables(found: tuple[Token, ...]) -> int:
    """Count the tables: each has a line of dashes that is no row."""
    return sum(token.type == "table_open" for token in found)


def outside_code(markdown: str) -> list[str]:
    return re.sub(r"(?ms)^(`{3,})text$.*?^\1$", "", markdown).splitlines()


@pytest.mark.parametrize("name", NAMES)
def test_no_html_but_our_own_gets_through(name: str) -> None:
    html = [t.content for t in tokens(comment(name)) if t.type in {"html_block", "html_inline"}]

    assert "<" not in OUR_HTML.sub("", "".join(html))


@pytest.mark.parametrize("name", NAMES)
def test_every_fold_that_is_opened_is_closed(name: str) -> None:
    lines = outside_code(comment(name))

    opened = sum(line.startswith("<details>") for line in lines)
    assert opened == sum(line == "</details>" for line in lines)


@pytest.mark.parametrize("name", NAMES)
def test_only_our_own_links_are_links(name: str) -> None:
    targets = {t.attrs["href"] for t in tokens(comment(name)) if t.type == "link_open"}

    assert targets <= {LINKS.json_url}
    assert not any(token.type == "image" for token in tokens(comment(name)))


@pytest.mark.parametrize("name", NAMES)
def test_nobody_is_mentioned(name: str) -> None:
    text = [t.content for t in tokens(comment(name)) if t.type in {"text", "html_inline"}]
    bare = re.sub(r"(?s)<code>.*?</code>", "", "".join(text))

    assert not re.search(r"@\w", bare)


@pytest.mark.parametrize("name", NAMES)
def test_there_is_one_heading(name: str) -> None:
    assert sum(token.type == "heading_open" for token in tokens(comment(name))) == 1


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"hostile", "many_rows"}))
def test_a_measured_percentage_never_stands_without_its_interval(name: str) -> None:
    for line in comment(name).splitlines():
        stripped = re.sub(
            r"99 % (interval|t interval)|budget (of )?[\d.]+ %|fall of [\d.]+ %|Holm at [15] %"
            r"|\(at most [\d.]+ %\)|at least 10 % worse|95 % limits|95 % interval",
            "",
            line,
        )
        stripped = re.sub(r"±[\d.]+ %", "", stripped)  # half widths are intervals themselves
        if PERCENT.search(stripped):
            assert re.search(r"[\d.]+ to \W?[\d.]+ %", line), line


@pytest.mark.parametrize("name", NAMES)
def test_no_regression_is_said_of_a_pass_only(name: str) -> None:
    unnumbered = {"commands", "skipped"}  # which pass without a number to compare
    compared = name not in {*unnumbered, "accepted", "muted"}  # nor is a loss none for that
    passed = situations()[name].outcome == "pass" and compared
    assert ("no regression" in comment(name).lower()) == passed


@pytest.mark.parametrize("name", NAMES)
def test_every_command_that_is_named_is_one_that_is_read(name: str) -> None:
    shown = html.unescape(comment(name))

    for command in re.findall(r"(?:`|<code>)(/(?:highwater|promote)[^`]*?)(?:`|</code>)", shown):
        head, _, rest = command.removeprefix("/").partition(" ")
        verb = rest.split()[0] if head == "highwater" else head
        assert verb in set(Verb), command


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"skipped", "broken_configuration"}))
def test_the_last_line_names_what_was_measured_and_how_to_repeat_it(name: str) -> None:
    last = comment(name).splitlines()[-1]

    for part in ("head `1a2b3c4d1a`", "base `9f8e7d6c9f`", "target `5e6f7a8b5e`", "[JSON]("):
        assert part in last.replace("before the push", "base")
    kept = situations()[name].kind != "actions"  # where nothing is stored but the comment
    assert bool(re.search(r"run `(c7-\d)` .* `highwater replay \1`", last)) is kept


def test_too_many_rows_are_cut_by_whole_rows_and_counted() -> None:
    verdict = many_rows()
    markdown = render_comment(verdict, LINKS)

    shown = sum(line.startswith("| ❌") for line in markdown.splitlines())
    cut = re.search(r"… (\d+) more rows \[in the JSON\]", markdown)
    assert cut is not None
    assert shown + int(cut[1]) == 450 + 1  # the cases that are slower, and the suite as a whole
    assert all(line.endswith("|") for line in markdown.splitlines() if line.startswith("|"))


def test_next_steps_survive_the_cut() -> None:
    assert "highwater check --base" in render_comment(many_rows(), LINKS)


def test_unchanged_rows_are_cut_before_changed_ones() -> None:
    assert "✅ |" not in render_comment(many_rows(), LINKS)


def test_hundreds_of_failing_suites_with_long_names_still_fit() -> None:
    failure = Failure(blame="candidate", step="`|@" * 200, side=Side.HEAD, tail="x`" * 9000)
    suites = [
        judge_run(order, RunTerms(), report(order, None, failure))
        for order in (benchmark_order(f"c7-{n}", f"suite|{n}" + "`" * 90) for n in range(300))
    ]

    assert len(render_comment(judge_check(facts(), suites), LINKS)) <= MAX_COMMENT


@pytest.mark.parametrize("name", NAMES)
def test_a_comment_is_wanted_only_when_there_is_something_to_say(name: str) -> None:
    silent = name in {"commands", "refactoring", "skipped"}

    assert needs_comment(situations()[name], "on_change") is not silent


def test_a_new_case_alone_is_nothing_to_say() -> None:
    order = benchmark_order()
    launches = pairs({"a": 1.0, "new": 1.0})
    kept = [
        one if one.side is Side.HEAD else msgspec.structs.replace(one, measured=one.measured[:1])
        for one in launches
    ]
    verdict = judge_check(
        facts(), (judge_run(order, RunTerms(), report(order, benchmarked(kept))),)
    )

    seen, _, folded = render_comment(verdict, LINKS).partition("<details>")
    assert "new in head" in folded
    assert len(seen.splitlines()) == 5  # mark, decision and largest effect, with blank lines
    assert not needs_comment(verdict, "on_change")


def test_the_policy_may_ask_for_a_comment_always() -> None:
    assert needs_comment(situations()["refactoring"], "always")


def test_the_policy_may_ask_for_no_comment_ever() -> None:
    assert not needs_comment(situations()["regression"], "never")


def test_a_pure_refactoring_is_said_to_be_bit_equal() -> None:
    assert "`returns` of every point bit-equal (4 points)" in comment("refactoring")


def test_cannot_tell_names_pairs_minutes_and_the_command() -> None:
    markdown = comment("cannot_tell")

    assert re.search(r"about \d+ more pairs \(up to about \d+ (s|min)\) would settle it", markdown)
    assert "`/highwater more core`" in markdown


def test_a_lost_runner_is_not_blamed_on_the_change() -> None:
    assert "This says nothing about the change." in comment("runner_lost")


def test_a_comment_without_links_has_none() -> None:
    markdown = render_comment(situations()["regression"], Links())

    assert not any(token.type == "link_open" for token in tokens(markdown))


def replaced(verdict: Verdict, **fields: object) -> Verdict:
    return msgspec.structs.replace(verdict, **fields)


def test_the_policys_commit_is_named_where_it_is_another_one() -> None:
    markdown = render_comment(replaced(situations()["regression"], policy="b" * 40), LINKS)

    assert "policy `bbbbbbbbbb`" in markdown
