"""What an examination of a ledger finds: each kind of flaw, and no other."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from engine.audit.chain import Head, Stamp, sealed
from engine.audit.expectation import Expectation, parse_manifest
from engine.audit.records import Entry, fault
from engine.audit.verify import Examined, examine

TS = "2026-11-20T12:00:00.000000Z"


def intent(name: str, **ctx: Any) -> Entry:
    return Entry(run_id="t1", step="optimize", kind="intent", id=name, ctx=ctx)


def outcome(name: str, **fields: Any) -> Entry:
    values: dict[str, Any] = {"status": "success", **fields}
    return Entry(run_id="t1", step="optimize", kind="outcome", ref=name, **values)


def chained(*entries: Entry, times: Sequence[str] = ()) -> tuple[list[bytes], Head]:
    lines, head = [], Head()
    for index, entry in enumerate(entries):
        stamp = Stamp("host:1:2", times[index] if times else TS)
        line, head = sealed(entry, head, stamp)
        lines.append(line)
    return lines, head


def flaws(found: Examined) -> list[tuple[int | None, str]]:
    return [(flaw.line, flaw.what) for flaw in found.flaws]


SOUND = (intent("a"), outcome("a"), intent("b"), outcome("b", status="empty"), intent("c"))


def test_a_sound_ledger_has_no_flaws_and_names_what_is_still_open() -> None:
    lines, head = chained(*SOUND)

    found = examine(lines, Expectation(head=head))

    assert (found.flaws, found.head, found.open_intents) == ((), head, ("c",))


def test_an_empty_ledger_is_sound() -> None:
    assert examine([]).flaws == ()


def test_a_record_that_was_taken_out_breaks_sequence_and_link() -> None:
    lines, head = chained(*SOUND)

    found = examine([*lines[:1], *lines[2:]], Expectation(head=head))

    assert (2, "sequence") in flaws(found)
    assert (2, "link") in flaws(found)


def test_records_that_changed_places_break_the_chain() -> None:
    lines, _ = chained(*SOUND)

    assert flaws(examine([lines[0], lines[2], lines[1], *lines[3:]]))[:2] == [
        (2, "sequence"),
        (2, "link"),
    ]


def test_a_record_that_was_edited_has_another_hash() -> None:
    lines, _ = chained(*SOUND)
    lines[3] = lines[3].replace(b'"status":"empty"', b'"status":"error"')

    assert flaws(examine(lines)) == [(4, "hash")]


def test_a_record_that_was_edited_and_sealed_again_no_longer_links() -> None:
    lines, _ = chained(*SOUND)
    forged, _ = chained(*SOUND[:3], outcome("b", status="error"))

    assert flaws(examine([*lines[:3], forged[3], *lines[4:]])) == [(5, "link")]


def test_the_same_values_in_another_form_are_not_the_record() -> None:
    lines, _ = chained(*SOUND)
    lines[0] = lines[0].replace(b'"seq":0', b'"seq": 0')

    assert flaws(examine(lines)) == [(1, "structure")]


@pytest.mark.parametrize("line", [b"{}\n", b"[1\n", b"\xff\n", b"[" * 100_000 + b"\n", b"\n"])
def test_a_line_that_is_no_record_is_a_flaw_of_structure(line: bytes) -> None:
    lines, _ = chained(*SOUND)

    assert (6, "structure") in flaws(examine([*lines, line]))


def test_a_line_without_its_end_is_torn() -> None:
    lines, _ = chained(*SOUND)

    assert flaws(examine([*lines[:4], lines[4][:-1]])) == [(5, "torn tail")]


def test_a_cut_tail_is_found_by_the_head_alone() -> None:
    lines, head = chained(*SOUND)

    assert examine(lines[:3]).flaws == ()  # the chain by itself is whole
    assert flaws(examine(lines[:3], Expectation(head=head))) == [(None, "cut tail")]


def test_a_ledger_that_was_written_anew_has_another_head() -> None:
    _, head = chained(*SOUND)
    other, _ = chained(*SOUND[:4], intent("d"))

    assert flaws(examine(other, Expectation(head=head))) == [(5, "cut tail")]


def test_every_intent_has_one_outcome_and_stands_before_it() -> None:
    twice, _ = chained(intent("a"), outcome("a"), outcome("a"))
    before, _ = chained(outcome("a"), intent("a"))
    doubled, _ = chained(intent("a"), intent("a"))

    assert flaws(examine(twice)) == [(3, "outcome")]
    assert flaws(examine(before)) == [(1, "outcome"), (2, "outcome")]
    assert flaws(examine(doubled)) == [(2, "outcome")]


def test_intents_have_ids_and_outcomes_a_status() -> None:
    anonymous, _ = chained(Entry(run_id="t1", step="select", kind="intent"))
    open_ended, _ = chained(intent("a"), Entry(run_id="t", step="s", kind="outcome", ref="a"))

    assert flaws(examine(anonymous)) == [(1, "structure")]
    assert flaws(examine(open_ended)) == [(2, "structure")]


def test_a_writers_times_do_not_go_back() -> None:
    earlier = "2026-11-20T11:59:59.999999Z"

    assert flaws(examine(chained(intent("a"), outcome("a"), times=(TS, earlier))[0])) == [
        (2, "order")
    ]


def manifest(**values: Any) -> Expectation:
    return parse_manifest(json.dumps({"run_id": "t1", **values}).encode())


def test_a_manifest_says_how_many_outcomes_each_cell_has() -> None:
    cells = [{"step": "optimize", "ctx": {"window_index": w}, "count": 1} for w in range(3)]
    lines, head = chained(
        intent("a", window_index=0),
        outcome("a", ctx={"window_index": 0}),
        intent("b", window_index=1),
        outcome("b", ctx={"window_index": 1}, status="lost"),
        intent("b2", window_index=1),
        outcome("b2", ctx={"window_index": 1}),
    )
    ledger = {"records": head.records, "hash": head.hash}

    found = examine(lines, manifest(cells=cells, ledger=ledger))

    assert [flaw.text for flaw in found.flaws] == ["optimize (window_index=2): 0 outcomes, not 1"]
    assert found.lost == 1


def test_records_behind_the_head_of_a_finished_run_are_too_many() -> None:
    lines, _ = chained(*SOUND)
    _, before = chained(*SOUND[:4])

    ledger = {"records": before.records, "hash": before.hash}
    assert flaws(examine(lines, manifest(ledger=ledger))) == [(None, "count")]


@pytest.mark.parametrize("data", [b"{}", b"[]", b"no", b'{"ledger": {"records": -1, "hash": ""}}'])
def test_what_is_no_manifest_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_manifest(data)


def test_numbers_that_json_lacks_are_null_with_a_reason() -> None:
    entry = outcome("a", outputs={"sharpe": float("nan"), "loss": float("inf"), "x": 1e300})
    lines, _ = chained(intent("a"), entry)

    assert json.loads(lines[1])["out"] == {
        "sharpe": None,
        "sharpe_absent": "nan",
        "loss": None,
        "loss_absent": "inf",
        "x": 1e300,
    }
    assert examine(lines).flaws == ()


def test_an_error_is_told_by_its_type_and_no_more_of_its_message_than_fits() -> None:
    told = fault(ValueError("x" * 1000))

    assert (told.type, len(told.message)) == ("ValueError", 500)
