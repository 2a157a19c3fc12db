"""Where a person's backtest is run: their tree, their interpreter, this machine's data."""

from __future__ import annotations

from pathlib import Path

from bot.cli.workplace import user_environ, user_python
from worker.backtest_run import Site
from worker.kernel_cache import kernel_cache
from worker.settings import RunnerSettings


def site_of(root: Path, spec: Path, folder: Path, settings: RunnerSettings) -> Site:
    """Give the site of the *spec* below *root*, with an empty *folder* of ours for arrays."""
    python = user_python()
    return Site(
        root=root,
        shown=str(spec),
        folder=folder,
        python=python,
        environ=user_environ(python),
        mounts=settings.mounts,
        kernel_cache=kernel_cache(settings.cache_dir / "kernels"),
    )
