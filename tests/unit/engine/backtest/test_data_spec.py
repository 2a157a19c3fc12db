"""The key ``data`` of a spec, in each of its forms."""

from __future__ import annotations

import msgspec
import pytest

from engine.backtest.data_spec import Columns, DataSpec, parse_data_spec, with_long_data
from engine.decoding import decode
from engine.errors import UserError
from engine.yaml12 import parse_yaml


class Spec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    data: DataSpec


def parsed(text: str) -> DataSpec:
    return parse_data_spec(parse_yaml(f"data: {text}".encode(), "spec.yaml").part(("data",)))


def refusal(text: str) -> str:
    with pytest.raises(UserError) as caught:
        parsed(text)
    return str(caught.value)


def test_a_path_alone_is_one_file() -> None:
    assert parsed("data/spx.csv") == DataSpec(path="data/spx.csv")


def test_a_list_is_a_file_for_each_asset() -> None:
    assert parsed("[a.csv, b/c.parquet]").files == ("a.csv", "b/c.parquet")


def test_a_mapping_of_other_names_is_of_symbols() -> None:
    assert parsed("{SPY: a.csv, QQQ: b.csv}").assets == {"SPY": "a.csv", "QQQ": "b.csv"}


def test_an_asset_that_is_named_like_a_key_needs_the_long_form() -> None:
    assert parsed("{path: a.csv}").path == "a.csv"
    assert parsed("{assets: {path: a.csv}}").assets == {"path": "a.csv"}


def test_the_long_form_says_how_to_read() -> None:
    text = "{path: a.csv, columns: {close: Last}, timezone: Europe/Berlin, repair: [sort]}"

    found = parsed(text)

    assert (found.columns, found.timezone) == (Columns(close="Last"), "Europe/Berlin")
    assert found.repair == ("sort",)


def test_files_of_a_mount_are_none_of_the_repositorys() -> None:
    mounted = parsed("{mount: market, path: spx.csv, from: 2001-01-01}")

    assert (mounted.files, mounted.repository_files) == (("spx.csv",), ())
    assert parsed("spx.csv").repository_files == ("spx.csv",)


@pytest.mark.parametrize(
    "text, said",
    [
        ("{path: a.csv, timezon: UTC}", "Did you mean timezone?"),
        ("{path: a.csv, repair: [srt]}", "data.repair[0]"),
        ("{path: a.csv, columns: {clos: x}}", "Did you mean close?"),
        ("{path: a.csv, paths: [b.csv]}", "exactly one"),
        ("{timezone: UTC}", "nothing says which file"),
        ("../prices.csv", "leads outside the repository"),
        ("{A: /etc/passwd}", "leads outside the repository"),
        ("{path: a.csv, timezone: ../zone}", "no name of a time zone"),
        ("{path: a.csv, from: 2020-13-01}", "spec.yaml:1: data"),
        ("{path: a.csv, from: 1500-01-01}", "1678"),
        ("{path: a.csv, from: 2021-01-01, until: 2020-01-01}", "from is later than until"),
        ("{path: a.csv, repair: [keep_first, keep_last]}", "contradict"),
        ("{path: a.csv, repair: [sort, sort]}", "named twice"),
        ("{assets: {A: a.csv}, symbol_column: s}", "leave symbol_column out"),
        ("{mount: ../m, path: a.csv}", "data.mount"),
        ("7", "neither a path"),
        ("[]", "data.paths"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(text: str, said: str) -> None:
    found = refusal(text)

    assert found.startswith("spec.yaml:1: data")
    assert said in found


def test_a_struct_of_a_whole_spec_takes_every_form() -> None:
    for text in ("a.csv", "[a.csv]", "{A: a.csv}", "{path: a.csv}"):
        document = parse_yaml(f"data: {text}".encode(), "spec.yaml")
        assert decode(with_long_data(document), Spec).data.files == ("a.csv",)
