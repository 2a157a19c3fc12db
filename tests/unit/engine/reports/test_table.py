from __future__ import annotations

from engine.reports.table import CUT_FIRST, CUT_LAST, Rows, fit, fold, table

LINES = tuple(f"| {n} |" for n in range(100))


def test_what_fits_is_not_cut() -> None:
    assert fit(("a", Rows(("b", "c")), "d"), 100, None) == "a\n\nb\nc\n\nd"


def test_rows_are_cut_whole_and_counted() -> None:
    text = fit((Rows(LINES),), 200, None)

    shown = text.splitlines()[:-2]
    assert len(text) <= 200
    assert shown == list(LINES[: len(shown)])
    assert text.splitlines()[-1] == f"… {100 - len(shown)} more rows in the JSON."


def test_the_note_links_to_all_of_it() -> None:
    assert "[in the JSON](https://x.example)" in fit((Rows(LINES),), 200, "https://x.example")


def test_what_says_least_is_cut_first() -> None:
    keep, drop = Rows(LINES, cut=CUT_LAST), Rows(LINES, noun="unit", cut=CUT_FIRST)

    text = fit((drop, keep), 900, None)

    assert "more row" not in text
    assert "more unit" in text


def test_one_row_that_was_cut_is_singular() -> None:
    assert fit((Rows(("x" * 500,)),), 100, None) == "… 1 more row in the JSON."


def test_a_table_without_rows_has_no_header() -> None:
    assert "what" not in fit((table(("| x |" * 100,), cut=CUT_FIRST),), 100, None)


def test_a_fold_lets_markdown_in_by_blank_lines() -> None:
    text = fit((fold("Title", Rows(("- a", "- b"), after="end")),), 1000, None)

    assert text == "<details><summary>Title</summary>\n\n- a\n- b\n\nend\n\n</details>"


def test_a_fold_that_is_cut_stays_closed() -> None:
    assert fit((fold("Title", Rows(LINES)),), 120, None).endswith("</details>")
