"""The Makefile and .ci, with stand-ins for Python and pip: nothing is downloaded."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.needs_program("make", "make")

# Stands in for python3: says what it was asked, and makes the venv's python of itself.
PYTHON = """#!/bin/sh
echo "python $*" >> "$LOG"
case "$*" in
    *"import ensurepip"*) [ -z "$NO_ENSUREPIP" ]; exit $? ;;
    "-m venv"*) for last; do :; done
        mkdir -p "$last/bin"; cp "$0" "$last/bin/python"
        for tool in pytest highwater; do cp "$0" "$last/bin/$tool"; done ;;
    "-m pip --version") [ -z "$NO_ENSUREPIP" ]; exit $? ;;
esac
"""


@pytest.fixture
def house(root: Path, tmp_path: Path) -> Path:
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(root / name, tmp_path)
    for name in ("requirements", ".ci"):
        shutil.copytree(root / name, tmp_path / name)
    stand_in = tmp_path / "bin" / "python3"
    stand_in.parent.mkdir()
    stand_in.write_text(PYTHON)
    stand_in.chmod(0o755)
    return tmp_path


def make(house: Path, *arguments: str, command: str = "make", **environ: str) -> list[str]:
    log = house / "log"
    log.write_text("")
    path = f"{house / 'bin'}:{os.environ['PATH']}"
    given = {"PATH": path, "LOG": str(log), "HOME": str(house), **environ}
    subprocess.run([command, *arguments], cwd=house, env=given, check=True, capture_output=True)
    return log.read_text().splitlines()


def installs(asked: list[str]) -> list[str]:
    return [line for line in asked if " install " in line]


def test_install_takes_the_hashed_lock_and_then_ourselves(house: Path) -> None:
    lock, ourselves = installs(make(house, "install"))
    assert lock.startswith("python -m pip install ")
    assert lock.endswith(" --require-hashes -r requirements/base.txt")
    assert ourselves.endswith(" --no-deps --no-build-isolation -e .")


def test_a_second_install_does_nothing(house: Path) -> None:
    make(house, "install")
    assert make(house, "install") == []


def test_a_changed_lock_is_installed_anew(house: Path) -> None:
    make(house, "install")
    later = (house / ".venv" / ".installed").stat().st_mtime + 10
    os.utime(house / "requirements" / "base.txt", (later, later))
    assert len(installs(make(house, "install"))) == 2


def test_without_ensurepip_the_pip_outside_installs_into_the_venv(house: Path) -> None:
    asked = make(house, "install", NO_ENSUREPIP="1")
    assert "python -m venv --without-pip .venv" in asked
    assert all(
        line.startswith("python -m pip --python .venv/bin/python install ")
        for line in installs(asked)
    )


def test_ci_runs_the_whole_suite_with_the_development_lock(house: Path) -> None:
    asked = make(house, command=str(house / ".ci" / "run"))
    assert any(line.endswith("-r requirements/dev.txt") for line in asked)
    assert asked[-1] == "python -n 2 --dist loadfile"


def test_ci_calls_the_test_command_alone(root: Path) -> None:
    lines = (root / ".ci" / "run").read_text().splitlines()
    commands = [line for line in lines if line and not line.startswith(("#", "set ", "cd "))]
    assert commands == ["exec make test"]


def test_the_demo_is_highwaters_own_command(house: Path) -> None:
    assert make(house, "demo")[-1] == "python demo"


def packages(
    root: Path, tmp_path: Path, user: str, *pairs: str
) -> subprocess.CompletedProcess[str]:
    """Run the script with stand-ins for id and apt-get on an otherwise empty PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "id").write_text(f"#!/bin/sh\necho {user}\n")
    (folder / "apt-get").write_text('#!/bin/sh\necho "apt-get $*" >&2\n')
    for tool in folder.iterdir():
        tool.chmod(0o755)
    return subprocess.run(
        ["/bin/sh", root / ".ci" / "system-packages", *pairs],
        env={"PATH": str(folder)},
        capture_output=True,
        text=True,
        check=True,
    )


def test_root_gets_the_missing_packages_installed(root: Path, tmp_path: Path) -> None:
    said = packages(root, tmp_path, "0", "id:coreutils", "git:git", "no-such-tool:the-package")
    assert said.stderr.splitlines()[-1].endswith("--no-install-recommends git the-package")


def test_another_user_is_told_what_is_missing(root: Path, tmp_path: Path) -> None:
    said = packages(root, tmp_path, "1000", "git:git")
    assert "apt-get install git" in said.stderr
    assert "--no-install-recommends" not in said.stderr


def test_when_nothing_is_missing_nothing_is_said(root: Path, tmp_path: Path) -> None:
    said = packages(root, tmp_path, "0", "id:coreutils")
    assert said.stdout + said.stderr == ""
