from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def run(script: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )


def test_the_overview_imports_no_command_and_nothing_heavy() -> None:
    script = (
        "import sys; from bot.cli.main import COMMANDS, main; main(['--help']); "
        "heavy = {'sqlalchemy', 'flask', 'github', 'rq', 'redis', 'numpy', 'scipy', 'pyarrow'}; "
        "loaded = ({e.module for e in COMMANDS.values()} | heavy) & set(sys.modules); "
        "sys.exit(','.join(sorted(loaded)) or 0)"
    )
    done = run(script)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_entry_point_is_installed() -> None:
    highwater = Path(sys.executable).with_name("highwater")
    done = subprocess.run([highwater, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("highwater, version ")


def test_a_reader_that_leaves_early_gets_no_traceback() -> None:
    script = (
        "import sys, click, bot.cli.main as cli; "
        "much = lambda: [click.echo('x' * 9999) for _ in range(99)]; "
        "cli.load = lambda _: click.Command('probe', callback=much); "
        "sys.exit(cli.main(['doctor']))"
    )
    writer = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert writer.stdout is not None
    assert writer.stderr is not None
    writer.stdout.close()
    said = writer.stderr.read().decode()
    writer.stderr.close()
    assert (writer.wait(), said) == (5, "")


def test_no_process_of_ours_loads_the_package_that_takes_longest_to_import() -> None:
    done = run("import sys, bot.jobs, worker.runner; sys.exit('scipy.stats' in sys.modules)")
    assert (done.returncode, done.stderr) == (0, "")
