"""A Ray cluster of two nodes on this machine, in a process of its own.

As a script: it prints the cluster's address, kills the second node when it is told ``kill``, and
takes all down at the end of its input.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

STORE_BYTES = 80 * 1024 * 1024  # the least that Ray takes


@dataclass(frozen=True, slots=True)
class RayNodes:
    """The two nodes, of a processor each."""

    address: str
    process: subprocess.Popen[str]

    def kill_second(self) -> None:
        """Kill every process of the second node, and wait until they are gone."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("kill\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == "killed\n"


@contextmanager
def ray_nodes() -> Iterator[RayNodes]:
    """Start both nodes; they are gone at the end."""
    environ = {**os.environ, "RAY_USAGE_STATS_ENABLED": "0"}
    environ.pop("RAY_ADDRESS", None)
    with subprocess.Popen(
        [sys.executable, __file__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environ,
        cwd=Path(__file__).parent,
    ) as process:
        assert process.stdout is not None
        yield RayNodes(process.stdout.readline().strip(), process)
        process.communicate(timeout=60)


def main() -> None:
    """Serve the caller's lines."""
    from ray.cluster_utils import Cluster  # noqa: PLC0415 - slow, and of the script alone

    sys.stdout, told = sys.stderr, sys.stdout  # Ray prints, too
    node = {"num_cpus": 1, "object_store_memory": STORE_BYTES, "include_dashboard": False}
    cluster = Cluster(initialize_head=True, head_node_args=node)
    second = cluster.add_node(num_cpus=1, object_store_memory=STORE_BYTES)
    print(cluster.address, file=told, flush=True)
    for _ in sys.stdin:
        cluster.remove_node(second, allow_graceful=False)
        print("killed", file=told, flush=True)
    cluster.shutdown()


if __name__ == "__main__":
    main()
