"""What holds of every comment, whatever a pull request calls its cases and whatever it prints."""

from __future__ import annotations

import re
from typing import Any

import msgspec
from hypothesis import event, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from engine.findings import Finding, Problem, Reason, SuiteVerdict, Verdict
from engine.outcomes import decisive, worst_outcome
from engine.overrides import Override
from engine.reports.arrangement import MAX_SEEN
from engine.reports.check import MAX_TITLE, render_rollup
from engine.reports.comment import MAX_COMMENT, Links, render_comment
from engine.reports.earlier import Earlier, EarlierVerdict, first_line
from engine.values import Outcome, SuiteKind
from engine.verdicts import judge_check
from tests.fakes.evidence import facts
from tests.fakes.findings import row, suite_of

LINKS = Links(json_url="https://highwater.example/verdicts/c7.json")
OUR_HTML = re.compile(r"</?(details|summary|sub|code)>|<!-- highwater:verdict -->")
MARKDOWN = MarkdownIt("commonmark").enable("table")
TRAPS = (
    "</summary></details>",
    "<!-- highwater:verdict -->",
    "<!\u200b-- highwater:turned-red:c7 -->",
    "<img src=x onerror=y>",
    "@everyone",
    "o/r#12",
    "GH-7",
    "http://evil.example",
    "www.evil.example",
    "[a](http://evil.example)",
    "![a](http://evil.example)",
    "[a]: http://evil.example",
    "`",
    "```\n",
    "~~~\n",
    "|",
    "\\",
    "\\|",
    "\n\n# heading\n",
    "\n- [ ] task\n",
    "\n> [!CAUTION]\n",
    "\r\n",
    "\u202e",
    "\u2028",
    "\x1b[31m",
    "&lt;",
    "&#64;all",
    "$x$",
    "<" * 80,
    "x" * 300,
)
hostile = st.lists(st.sampled_from(TRAPS) | st.text(max_size=12), max_size=5).map("".join)
SMALL = st.sampled_from([0.001, 0.04, 0.4, 12.5, 1e-12, 1e12])


@st.composite
def findings(draw: st.DrawFn) -> Finding:
    """Draw a row of any reason and outcome whose texts are a pull request's own."""
    outcome = draw(st.sampled_from(Outcome))
    change = draw(st.none() | SMALL)
    fields: dict[str, Any] = {
        "case": draw(hostile),
        "metric": draw(st.sampled_from(["cpu", "wall", "memory"]) | hostile),
        "unit": draw(st.sampled_from(["s", "B", ""]) | hostile),
        "change": change,
        "low": None if change is None else change / 2,
        "high": None if change is None else change * 2,
        "limit": draw(st.none() | SMALL),
        "clock": None,
        "further_pairs": draw(st.none() | st.integers(1, 9999)),
        "step": draw(hostile),
        "detail": draw(hostile),
        "override": draw(st.sampled_from([None, None, "accept", "mute"])),
    }
    return row(draw(st.sampled_from(Reason)), outcome, **fields)


@st.composite
def suites(draw: st.DrawFn) -> SuiteVerdict:
    rows = tuple(draw(st.lists(findings(), min_size=1, max_size=8)))
    counted = [one for one in rows if one.override is None]
    worst = decisive(counted)
    fields: dict[str, Any] = {
        "suite": draw(hostile),
        "kind": draw(st.sampled_from([SuiteKind.BENCHMARK, SuiteKind.SWEEP, SuiteKind.COMMAND])),
        "outcome": worst_outcome(counted) if counted else Outcome.PASS,
        "reason": None if worst is None else worst.reason,
        "output_tail": draw(hostile),
        "runner": draw(hostile),
        "caveats": (draw(hostile),),
    }
    return suite_of(*rows, **fields)


@st.composite
def verdicts(draw: st.DrawFn) -> Verdict:
    found = draw(st.lists(suites(), max_size=3))
    skipped = draw(st.lists(hostile, max_size=30))
    verdict = judge_check(facts(), found, skipped=skipped)
    stopped = Problem(
        problem=draw(hostile), remedy=draw(hostile), file=draw(hostile), field=draw(hostile)
    )
    problem = draw(st.sampled_from([None, None, None, stopped]))
    one = Override(
        kind=draw(st.sampled_from(["accept", "mute"])),
        suite=found[0].suite if found else "core",
        case=draw(hostile),
        by=draw(hostile),
        reason=draw(hostile),
        created_utc="2026-01-02T03:04:05Z",
        until_utc=draw(st.sampled_from([None, "2026-02-01T23:59:59Z"])),
        head=verdict.head,
    )
    return msgspec.structs.replace(verdict, problem=problem, overrides=(one,))


@st.composite
def comments(draw: st.DrawFn) -> str:
    """Draw a comment after an earlier one of the same kind."""
    before, now = draw(verdicts()), draw(verdicts())
    said = first_line(render_comment(before, LINKS), before.outcome)
    told = EarlierVerdict(
        check="c6",
        head="f" * 40,
        outcome=before.outcome,
        decided_utc="2026-11-19T12:06:00Z",
        said=said,
    )
    event(now.outcome)
    return render_comment(now, LINKS, Earlier((told,), 1))


def tokens(markdown: str) -> tuple[Token, ...]:
    blocks = MARKDOWN.parse(markdown)
    return tuple(token for block in blocks for token in (block, *(block.children or ())))


@given(comments())
@settings(deadline=None)
def test_the_decision_comes_at_once_and_all_of_it_fits(comment: str) -> None:
    mark, decision, *_ = comment.splitlines()

    assert mark == "<!-- highwater:verdict -->"
    assert decision.startswith("## ")
    assert len(decision) <= 80
    assert len(comment.partition("<details>")[0]) <= MAX_SEEN
    assert len(comment) <= MAX_COMMENT


@given(comments())
@settings(deadline=None)
def test_no_markup_of_a_pull_request_survives(comment: str) -> None:
    found = tokens(comment)
    raw = [token.content for token in found if token.type in {"html_block", "html_inline"}]

    assert "<" not in OUR_HTML.sub("", "".join(raw))
    assert {t.attrs["href"] for t in found if t.type == "link_open"} <= {LINKS.json_url}
    assert not any(token.type in {"image", "hr", "blockquote_open"} for token in found)
    assert sum(token.type == "heading_open" for token in found) == 1
    assert comment.count("<!-- ") == 1


@given(comments())
@settings(deadline=None)
def test_nobody_is_mentioned_and_nothing_referred_to(comment: str) -> None:
    shown = [t.content for t in tokens(comment) if t.type in {"text", "html_inline", "html_block"}]
    bare = re.sub(r"(?s)<code>.*?</code>", "", "".join(shown))

    assert not re.search(r"(?i)@\w|#\d|\bgh-\d|https?://|www\.", bare)


@given(comments())
@settings(deadline=None)
def test_folds_and_tables_stay_whole(comment: str) -> None:
    found = tokens(comment)
    lines = re.sub(r"(?ms)^(`{3,})text$.*?^\1$", "", comment).splitlines()

    rows = sum(token.type == "tr_open" for token in found)
    assert sum(token.type in {"td_open", "th_open"} for token in found) == 5 * rows
    assert lines.count("</details>") == sum(line.startswith("<details>") for line in lines)


@given(verdicts())
@settings(deadline=None)
def test_a_title_is_short_and_on_one_line(verdict: Verdict) -> None:
    title = render_rollup(verdict, LINKS).title

    assert 0 < len(title) <= MAX_TITLE
    assert "\n" not in title
