"""Our ranks are those that everybody else computes."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import rankdata

from engine.stats.ranks import mean_ranks

FEW = st.lists(st.integers(-3, 3).map(float), max_size=40)
ANY = st.lists(st.floats(allow_nan=False), max_size=40)


@given(st.one_of(FEW, ANY))
def test_ranks_are_scipys_to_the_bit(values: list[float]) -> None:
    array = np.array(values, dtype=np.float64)

    assert mean_ranks(array).tolist() == rankdata(array).tolist()
