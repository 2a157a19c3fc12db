"""The README's accuracy tables are what the committed runs of benchmarks/accuracy say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.accuracy import table


def test_the_readmes_accuracy_tables_are_rendered_from_the_committed_runs(root: Path) -> None:
    readme = (root / "README.md").read_text()
    assert table.filled(readme) == readme


def test_the_committed_run_was_a_whole_one(root: Path) -> None:
    assert json.loads(table.RESULTS.read_bytes())["quick"] is False


def test_a_row_without_its_line_in_the_results_is_an_error() -> None:
    with pytest.raises(LookupError, match="0 lines in place of one"):
        table.rendered([])


def test_a_page_without_the_markers_is_refused() -> None:
    with pytest.raises(ValueError, match="the text lacks"):
        table.inserted("# A page\n", "a", "| a |")


def test_what_stands_around_the_table_is_left_alone() -> None:
    page = "before <!-- a: begin --> old <!-- a: end --> after"
    new = "before <!-- a: begin -->\nnew\n<!-- a: end --> after"
    assert table.inserted(page, "a", "new") == new


def test_the_sentence_before_the_table_names_what_is_bold_in_it() -> None:
    found = table.rendered(table.results())
    sentence, rows = " ".join(found.partition("\n\n")[0].split()), found.splitlines()
    bold = [row.split(" | ")[0].strip("| ") for row in rows if row.startswith("|") and "**" in row]
    assert bold
    assert [what for what in bold if f"{what} (" not in sentence] == []


def test_every_row_of_both_tables_fits_a_page(root: Path) -> None:
    readme = (root / "README.md").read_text()
    tables = [
        line
        for name in ("accuracy", "history watch")
        for line in readme.partition(f"{name}: begin -->")[2].partition("<!--")[0].splitlines()
    ]
    assert len(tables) > 20
    assert [line for line in tables if len(line) > table.WIDTH] == []
