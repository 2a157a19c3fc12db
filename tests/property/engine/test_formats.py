from __future__ import annotations

import contextlib
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import UserError
from engine.formats import FORMATS, samples_json
from engine.samples import MAX_SAMPLE, Launch
from engine.values import Better, CaseName, MetricName

NAMES = st.text(st.characters(categories=("L", "N", "P")), min_size=1, max_size=20)
LAUNCHES = st.builds(
    Launch,
    case=NAMES.map(CaseName),
    metric=NAMES.map(MetricName),
    unit=st.sampled_from(["s", "B", "trades"]),
    better=st.sampled_from(Better),
    samples=st.lists(st.floats(-MAX_SAMPLE, MAX_SAMPLE), min_size=1).map(tuple),
    result_hash=st.none() | NAMES,
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
FIELDS = ("schema_version", "launches", "benchmarks", "fullname", "stats", "min", "data", "case")
NEAR = st.recursive(
    st.none() | st.integers() | st.floats() | st.text() | st.just(1),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(FIELDS), inner),
)


@pytest.mark.parametrize("name", FORMATS)
@given(data=st.binary() | JSON.map(lambda value: json.dumps(value).encode()))
def test_parsers_raise_nothing_but_their_own_error(name: str, data: bytes) -> None:
    with contextlib.suppress(UserError):
        FORMATS[name](data, "file")


@pytest.mark.parametrize("name", FORMATS)
@given(value=NEAR)
def test_files_of_nearly_the_right_form_are_read_or_refused(name: str, value: object) -> None:
    try:
        launches = FORMATS[name](json.dumps(value).encode(), "file")
    except UserError:
        return
    assert all(math.isfinite(sample) for launch in launches for sample in launch.samples)


@given(launches=st.lists(LAUNCHES, min_size=1, max_size=5))
def test_samples_survive_being_written_and_read(launches: list[Launch]) -> None:
    assert samples_json.parse(samples_json.encode(launches, None), "file") == tuple(launches)
