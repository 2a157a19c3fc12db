"""The Ray executor: the points of a sweep over the nodes of a cluster.

Chunks are tasks. Ray gives those of a node that is lost to another one; each is counted once, for
a task has one result however often it was begun. The repository's files travel as the working
directory of the job, in a folder of their own: packages of ours and of the user's may have equal
names, and Ray imports ours.
"""

from __future__ import annotations

import os
import secrets
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from engine.errors import TransientError, UserError, Where
from engine.sweep.rows import SweepRow
from worker.executors.gathered import Gathered, Places
from worker.executors.local import usable_cpus
from worker.executors.points import Executor, Work
from worker.executors.ray_tasks import (
    REPOSITORY,
    Chunk,
    Shipped,
    evaluate_chunk,
    forget,
    shipped,
)

CHUNK_S = 1.0
MAX_CHUNK = 4096
GROWTH = 8
RETRIES = 10  # of a chunk whose node was lost
OBJECT_STORE_BYTES = 256 * 1024 * 1024  # of a cluster of our own
_LOOK_S = 5.0  # how often the cluster is asked whether any node is left
_WAIT_S = 10.0
_EXCLUDED = (".git", ".venv", "venv", "runs", "**/__pycache__", "node_modules")
_REMEDY = "Look at the cluster with `ray status`; `--resume` goes on with what is done."


def executor(address: str | None, jobs: int | None) -> Executor:
    """Make an executor on the cluster at *address*; None: one of this machine alone.

    *jobs* bounds how many points are evaluated at a time.

    Raises:
        UserError: Ray is not installed.
    """
    _ray()
    return partial(evaluate, address=address, jobs=jobs)


def evaluate(work: Work, *, address: str | None, jobs: int | None) -> tuple[SweepRow, ...]:
    """Evaluate all points on a Ray cluster; their rows, in the order of the points.

    Raises:
        UserError: the cluster cannot be reached or used.
        TransientError: the cluster was lost.
    """
    ray = _ray()
    with _connected(ray, work, address, jobs), _refused(ray):
        slots = jobs or max(1, int(ray.cluster_resources().get("CPU", 1)))
        order, arrays = shipped(work, secrets.token_hex(8))
        spread = _Spread(ray, work, order, ray.put(arrays), slots)
        try:
            return spread.rows()
        finally:
            _forgotten(ray, order)


@dataclass(slots=True)
class _Spread:
    """Chunks on their way: as many at a time as there are *slots*."""

    ray: Any
    work: Work
    order: Shipped
    arrays: Any  # a reference to the bars in the object store
    slots: int
    wanted: int = 1
    pending: dict[Any, int] = field(default_factory=dict)

    def rows(self) -> tuple[SweepRow, ...]:
        """Hand out and take in until all is done."""
        places, gathered = Places(self.work, self.slots), Gathered(self.work)
        task = self.ray.remote(num_cpus=1, max_retries=RETRIES)(evaluate_chunk)
        while True:
            while len(self.pending) < self.slots and (taken := places.take(self.wanted)):
                chunk = Chunk(taken, self.work.deadline - time.monotonic())
                self.pending[task.remote(self.order, self.arrays, chunk)] = len(taken)
            if not self.pending:
                return gathered.rows()
            ready, _ = self.ray.wait(list(self.pending), timeout=_LOOK_S)
            if not ready:
                self._refuse_empty_cluster()
            for one in ready:
                count = self.pending.pop(one)
                done, took_s = self.ray.get(one)
                self._adapt(count, took_s)
                gathered.add(done)

    def _adapt(self, count: int, took_s: float) -> None:
        """Aim the next chunk at a second of work."""
        fitting = int(CHUNK_S * count / max(took_s, 1e-6))
        self.wanted = max(1, min(fitting, GROWTH * self.wanted, MAX_CHUNK))

    def _refuse_empty_cluster(self) -> None:
        if not any(node["Alive"] and node["Resources"].get("CPU") for node in self.ray.nodes()):
            problem = f"the Ray cluster has no node with a processor any more. {_REMEDY}"
            raise TransientError(problem, _WAIT_S)


def _ray() -> Any:
    # Before Ray is imported: it would ask the network, and say so among our lines.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    try:
        import ray  # noqa: PLC0415 - an extra of its own
    except ImportError as error:
        problem = "the executor ray needs Ray, which is not installed here."
        raise UserError(problem, None, "Run: pip install 'highwater[ray]'") from error
    return ray


@contextmanager
def _connected(ray: Any, work: Work, address: str | None, jobs: int | None) -> Iterator[None]:
    """Connect to the cluster, or start one; what was started is stopped at the end."""
    own: dict[str, Any] = {
        "num_cpus": jobs or usable_cpus(),
        "object_store_memory": OBJECT_STORE_BYTES,
        "include_dashboard": False,
    }
    _refuse_unreachable(address)
    with _working_directory(work) as folder:
        try:
            ray.init(
                address=address or "local",
                runtime_env={
                    "working_dir": str(folder),
                    "excludes": [f"{REPOSITORY}/{one}" for one in _EXCLUDED],
                },
                log_to_driver=False,
                logging_level="ERROR",
                **({} if address else own),
            )
        except (ConnectionError, RuntimeError, ValueError, OSError) as error:
            raise _unusable(address, str(error).splitlines()[0]) from error
        try:
            yield
        finally:
            ray.shutdown()


def _refuse_unreachable(address: str | None) -> None:
    """See that somebody listens: Ray itself ends the whole program where nobody does."""
    host, _, port = (address or "").rpartition(":")
    if host and "/" not in host and port.isdecimal():
        try:
            socket.create_connection((host.strip("[]"), int(port)), _LOOK_S).close()
        except OSError as error:
            raise _unusable(address, error.strerror or str(error)) from error


def _unusable(address: str | None, reason: str) -> UserError:
    problem = f"the Ray cluster {address or 'of this machine'} cannot be used: {reason}."
    where = Where("--ray-address") if address else None
    return UserError(problem, where, "Check the address with `ray status`.")


@contextmanager
def _working_directory(work: Work) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="highwater-ray-") as made:
        (Path(made) / REPOSITORY).symlink_to(work.root, target_is_directory=True)
        yield Path(made)


@contextmanager
def _refused(ray: Any) -> Iterator[None]:
    """Say what the cluster did, in our words."""
    try:
        yield
    except ray.exceptions.RayError as error:
        reason = str(error).strip().splitlines()[0]
        problem = f"the Ray cluster failed: {reason}. {_REMEDY}"
        raise TransientError(problem, _WAIT_S) from error


def _forgotten(ray: Any, order: Shipped) -> None:
    """Have every node that is left remove the bars; one that is lost keeps them with its disk."""
    if order.terms is None:
        return
    near = ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy
    alive = [node["NodeID"] for node in ray.nodes() if node["Alive"]]
    task = ray.remote(num_cpus=0, max_retries=0)(forget)
    asked = [task.options(scheduling_strategy=near(one, soft=False)).remote(order) for one in alive]
    ray.wait(asked, num_returns=len(asked), timeout=_LOOK_S)


__all__ = ["evaluate", "executor"]
