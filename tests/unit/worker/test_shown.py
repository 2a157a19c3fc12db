from __future__ import annotations

import time
from pathlib import Path

import pytest

from worker.shown import redacted, without_places


@pytest.mark.parametrize(
    "url",
    [
        "https://ada:s3cret@index.example/simple",
        "https://s3cret@index.example/simple",
        "https://ada:s3cr@et@index.example",
        "'http://ada:s3cret@proxy.example:3128'",
        "git+ssh://ada:s3cret@host.example/x.git",
    ],
)
def test_credentials_in_a_url_are_hidden(url: str) -> None:
    shown = redacted(f"pip: looking in {url} and elsewhere")
    assert "s3cr" not in shown
    assert ".example" in shown


@pytest.mark.parametrize(
    "text", ["https://host.example/a@b", "ada@example.org", "a://b c@d", "pkg @ file:///x"]
)
def test_what_is_no_credential_stays(text: str) -> None:
    assert redacted(text) == text


def test_a_long_hostile_text_takes_no_longer_than_it_is() -> None:
    started = time.perf_counter()
    redacted("a://" * 16_000 + "b" * 65_536)
    assert time.perf_counter() - started < 1.0


def test_paths_are_told_from_the_top_of_the_tree() -> None:
    places = [(Path("/w/run/head"), ""), (Path("/w/run"), ""), (Path("/c"), "cache")]
    text = "File /w/run/head/core.py, /w/run/out/1, /c/env/lib, at /w/run; not /w/running, /cc"
    assert without_places(text, places) == (
        "File core.py, out/1, cache/env/lib, at .; not /w/running, /cc"
    )
