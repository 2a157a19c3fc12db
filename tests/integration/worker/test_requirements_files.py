"""What pip reads for a set-up: read as pip does, and told how firm it is; else "unknown"."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import UserError
from worker.requirements_files import Firmness, Requirements, requirements_of

INSTALL = ("pip", "install", "-r", "requirements.txt")


def tree(folder: Path, text: str | bytes = "numpy", **files: str) -> Path:
    folder.mkdir(exist_ok=True)
    data = text if isinstance(text, bytes) else text.encode()
    (folder / "requirements.txt").write_bytes(data)
    for name, more in files.items():
        path = folder / name.replace("__", "/").replace("_txt", ".txt")
        path.parent.mkdir(exist_ok=True)
        path.write_text(more)
    return folder


def read(folder: Path, *setup: tuple[str, ...]) -> Requirements | None:
    return requirements_of(setup or (INSTALL,), folder)


def firmness(folder: Path, *setup: tuple[str, ...]) -> Firmness:
    found = read(folder, *setup)
    assert found is not None
    return found.firmness


@pytest.mark.parametrize(
    "text, expected",
    [
        ("numpy==2.4.6", Firmness.PINNED),
        ("numpy ===2.4.6 ; python_version > '3'", Firmness.PINNED),
        ("uvicorn[standard,extra]==0.3,<1", Firmness.PINNED),
        ("numpy==2.4.6 --hash=sha256:abc \\\n    --hash=sha256:def", Firmness.HASHED),
        ("--require-hashes\n--only-binary=:all:\nnumpy==1 --hash=sha256:abc", Firmness.HASHED),
        ("--index-url https://index.example/simple\nnumpy==1", Firmness.PINNED),
        ("", Firmness.HASHED),
        ("numpy", Firmness.LOOSE),
        ("numpy==2.*", Firmness.LOOSE),
        ("numpy>=2,<3", Firmness.LOOSE),
        ("numpy==1\npandas", Firmness.LOOSE),
        ("numpy==1 --hash=sha256:abc\npandas==2", Firmness.PINNED),
        ("uvicorn[standard,extra]>=0.3,<1 ; python_version < '3.12'", Firmness.LOOSE),
    ],
)
def test_requirements_are_as_firm_as_the_loosest(
    tmp_path: Path, text: str, expected: Firmness
) -> None:
    assert firmness(tree(tmp_path / "t", text)) is expected


@pytest.mark.parametrize(
    "line",
    [
        "-e .",
        ".",
        "./vendored",
        "vendored/package",
        "numpy @ file:///srv/numpy.whl",
        "git+https://host.example/x.git",
        "--find-links wheels",
        "-r /etc/requirements.txt",
        "-r ../outside.txt",
        "-r https://host.example/requirements.txt",
        "-c http://host.example/limits.txt",
        "-r other.txt -r third.txt",
        "package.whl/../x",
        "--config-settings=x=y",
        "mylib-1.0-py3-none-any.whl",
        "MyLib-1.0-py3-none-any.WHL",
        "mylib-1.0-py3-none-any.whl[extra]",
        "mylib-1.0-py3-none-any.whl ; python_version > '3'",
        "mylib-1.0.tar.gz",
        "mylib.zip",
        "mylib.tar.bz2",
        "mylib==1.0.tgz",
    ],
)
def test_requirements_that_lead_elsewhere_are_unknown(tmp_path: Path, line: str) -> None:
    assert read(tree(tmp_path / "t", line)) is None


@pytest.mark.parametrize(
    "data",
    [
        b"# coding: utf-7\nnumpy==1",
        b"# first\n# -*- coding: latin-1 -*-\nnumpy==1",
        b"numpy==1 # \xff",
        "\ufeffnumpy==1".encode(),
    ],
)
def test_a_file_that_pip_would_decode_otherwise_is_unknown(tmp_path: Path, data: bytes) -> None:
    assert read(tree(tmp_path / "t", data)) is None


@pytest.mark.parametrize(
    "argv",
    [
        ("pip", "install", "numpy", "pandas==3.0"),
        ("python", "-m", "pip", "install", "--quiet", "-r", "requirements.txt"),
        ("pip", "install", "--requirement=requirements.txt", "--no-deps"),
    ],
)
def test_pip_commands_that_name_specifiers_and_files_are_known(
    tmp_path: Path, argv: tuple[str, ...]
) -> None:
    assert read(tree(tmp_path / "t"), argv) is not None


@pytest.mark.parametrize(
    "argv",
    [
        ("pip", "install", "-e", "."),
        ("pip", "install", "."),
        ("pip", "install", "-r"),
        ("pip", "install", "-r", "https://host.example/requirements.txt"),
        ("pip", "install", "--requirement=https://host.example/requirements.txt"),
        ("pip", "install", "mylib-1.0-py3-none-any.whl"),
        ("pip", "install", "mylib-1.0.tar.gz"),
        ("pip", "install", "--target", "x", "numpy"),
        ("pip", "download", "numpy"),
        ("python", "setup.py", "install"),
        ("make",),
        ("./pip", "install", "numpy"),
    ],
)
def test_any_other_command_is_unknown(tmp_path: Path, argv: tuple[str, ...]) -> None:
    assert read(tree(tmp_path / "t"), argv) is None


def test_one_command_that_is_not_understood_is_enough(tmp_path: Path) -> None:
    assert read(tree(tmp_path / "t"), INSTALL, ("make",)) is None


def test_no_set_up_at_all_is_as_firm_as_can_be(tmp_path: Path) -> None:
    assert requirements_of((), tmp_path) == Requirements({}, Firmness.HASHED)


def test_a_specifier_on_the_command_line_counts(tmp_path: Path) -> None:
    assert firmness(tree(tmp_path / "t", "numpy==1"), (*INSTALL, "pandas")) is Firmness.LOOSE


def test_comments_and_blank_lines_are_left_out(tmp_path: Path) -> None:
    first = tree(tmp_path / "base", "numpy==1\n")
    second = tree(tmp_path / "head", "# why\n\n  numpy==1   # that\n")
    assert read(first) == read(second)


def test_a_comments_backslash_continues_nothing(tmp_path: Path) -> None:
    found = read(tree(tmp_path / "t", "# hidden \\\nnumpy==1\n"))
    assert found is not None
    assert found.texts == {"requirements.txt": ("numpy==1",)}


def test_a_continued_line_is_one(tmp_path: Path) -> None:
    found = read(tree(tmp_path / "t", "numpy==1 \\\n  --hash=sha256:a \\\n  --hash=sha256:b\n"))
    assert found is not None
    assert len(found.texts["requirements.txt"]) == 1


def test_a_changed_file_that_a_file_names_is_seen(tmp_path: Path) -> None:
    texts = {"text": "-r deep/more.txt\n-c limits.txt", "limits_txt": "numpy<3"}
    first = read(tree(tmp_path / "base", deep__more_txt="numpy==1", **texts))
    second = read(tree(tmp_path / "head", deep__more_txt="numpy==2", **texts))
    assert first is not None
    assert first != second


def test_constraints_need_not_be_firm(tmp_path: Path) -> None:
    folder = tree(tmp_path / "t", "-c limits.txt\nnumpy==1", limits_txt="scipy<3")
    assert firmness(folder) is Firmness.PINNED


def test_a_constraint_file_that_is_required_too_counts(tmp_path: Path) -> None:
    folder = tree(tmp_path / "t", "-c both.txt\n-r both.txt", both_txt="scipy<3")
    assert firmness(folder) is Firmness.LOOSE


def test_files_that_name_each_other_end(tmp_path: Path) -> None:
    assert read(tree(tmp_path / "t", "-r other.txt", other_txt="-r requirements.txt")) is not None


def test_a_missing_requirement_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"requirements\.txt: the file is missing"):
        read(tmp_path)


def test_a_link_out_of_the_tree_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").symlink_to("/etc/hostname")
    with pytest.raises(UserError, match=r"requirements\.txt"):
        read(tmp_path)
