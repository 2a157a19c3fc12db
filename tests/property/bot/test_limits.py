from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.github.limits import cut


@given(st.text(max_size=400), st.integers(min_value=60, max_value=200))
def test_a_cut_text_never_exceeds_its_limit(text: str, limit: int) -> None:
    assert len(cut(text, limit)) <= limit
