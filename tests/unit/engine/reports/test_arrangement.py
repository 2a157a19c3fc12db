from __future__ import annotations

from engine.reports.arrangement import MAX_SEEN, Key, Piece, arrange
from engine.reports.table import CUT_LATE, Part, Rows, fit, table

FIRST = "The largest effect."


def changed(count: int, length: int = 60) -> Piece:
    lines = tuple(f"| ❌ | {number:03d} {'x' * length} |" for number in range(count))
    return Piece("changed", table(lines, cut=CUT_LATE), "changed row")


def steps(*lines: str) -> Piece:
    return Piece("next", Rows(lines, before="**Next**"), "next step")


def text(parts: tuple[Part, ...]) -> str:
    return fit(parts, 10**6, None)


def test_what_fits_is_seen_and_nothing_is_folded() -> None:
    shown = arrange((FIRST,), (changed(2), steps("- mend it")), MAX_SEEN)

    assert shown.folded == ()
    assert text(shown.seen).startswith(f"{FIRST}\n\n|  | what |")
    assert text(shown.seen).endswith("**Next**\n\n- mend it")


def test_rows_without_room_are_folded_in_their_order_and_counted() -> None:
    shown = arrange((FIRST,), (changed(40),), MAX_SEEN)

    seen, folded = text(shown.seen), text(shown.folded)
    kept = seen.count("| ❌ |")
    assert len(seen) <= MAX_SEEN
    assert f"<summary>{40 - kept} more changed rows</summary>" in folded
    assert f"| ❌ | {kept - 1:03d} " in seen
    assert folded.index(f"| ❌ | {kept:03d} ") < folded.index("| ❌ | 039 ")


def test_what_to_do_next_has_room_beside_many_rows() -> None:
    shown = arrange((FIRST,), (changed(40, 200), steps("- mend it", "- or not")), MAX_SEEN)

    assert "**Next**\n\n- mend it" in text(shown.seen)


def test_a_part_of_which_nothing_fits_goes_with_the_words_above_it() -> None:
    shown = arrange((FIRST,), (steps("- " + "x" * 300),), 200)

    assert text(shown.seen) == FIRST
    assert "<summary>1 next step</summary>\n\n**Next**\n\n- xxx" in text(shown.folded)


def test_later_rows_do_not_pass_the_one_that_has_no_room() -> None:
    shown = arrange((FIRST,), (steps("- a", "- " + "x" * 300, "- c"),), 200)

    assert "- c" not in text(shown.seen)


def test_an_unseen_part_is_folded_though_there_is_room() -> None:
    unseen: tuple[Key, ...] = ("changed",)
    shown = arrange((FIRST,), (changed(1),), MAX_SEEN, unseen)

    assert text(shown.seen) == FIRST
    assert "<summary>1 changed row</summary>\n\n|  | what |" in text(shown.folded)
