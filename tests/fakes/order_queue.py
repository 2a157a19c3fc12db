"""The runners' queues in memory, held to the contract of the real ones by tests/contract."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from engine.orders import RunOrder
from engine.values import RunId
from worker.queue.heartbeat import RunnerState
from worker.queue.names import Lane, queue_name
from worker.queue.progress import Progress


@dataclass
class MemoryOrderQueue:
    """Orders wait in lists; a test takes them as a runner would."""

    waiting: dict[str, list[RunOrder]] = field(default_factory=dict)
    known: dict[RunId, RunOrder] = field(default_factory=dict)
    queues: dict[RunId, str] = field(default_factory=dict)
    started: dict[RunId, str] = field(default_factory=dict)
    cancelled: set[RunId] = field(default_factory=set)
    live: list[RunnerState] = field(default_factory=list)
    told: dict[RunId, Progress] = field(default_factory=dict)

    def submit(self, order: RunOrder, tags: Sequence[str], lane: Lane = "pr") -> None:
        run = RunId(order.run)
        if run in self.known:
            return
        self.known[run] = order
        self.queues[run] = queue_name(tags, lane)
        if run not in self.cancelled:  # a runner drops it
            self.waiting.setdefault(self.queues[run], []).append(order)

    def cancel(self, run: RunId) -> None:
        self.cancelled.add(run)
        self.started.pop(run, None)
        for orders in self.waiting.values():
            orders[:] = [order for order in orders if order.run != run]

    def runners(self) -> tuple[RunnerState, ...]:
        return tuple(self.live)

    def lost(self) -> tuple[RunId, ...]:
        live = {state.worker for state in self.live}
        return tuple(sorted(run for run, worker in self.started.items() if worker not in live))

    def ended(self, run: RunId) -> bool:
        return run in self.known and run not in self.started and not self._waits(run)

    def requeue(self, run: RunId) -> None:
        order = self.known.get(run)
        if order is None or run in self.cancelled:
            return
        self.started.pop(run, None)
        self.waiting.setdefault(self.queues[run], []).insert(0, order)

    def progress(self, run: RunId) -> Progress | None:
        return self.told.get(run)

    def position(self, run: RunId) -> int | None:
        waiting = [order.run for order in self.waiting.get(self.queues.get(run, ""), [])]
        return waiting.index(run) if run in waiting else None

    def _waits(self, run: RunId) -> bool:
        return any(order.run == run for orders in self.waiting.values() for order in orders)

    def take(self, tags: Sequence[str], worker: str = "") -> RunOrder | None:
        """Take the first order of exactly these tags, as a runner that then works on it."""
        orders = self.waiting.get(queue_name(tags), [])
        if not orders:
            return None
        order = orders.pop(0)
        self.started[RunId(order.run)] = worker
        return order

    def finish(self, run: RunId) -> None:
        """End a taken order."""
        self.started.pop(run, None)

    def work(self, carry_out: Callable[[RunOrder], None]) -> int:
        """Carry out everything that waits, whatever its tags; gives how many orders."""
        count = 0
        for name in list(self.waiting):
            while self.waiting[name]:
                order = self.waiting[name].pop(0)
                carry_out(order)
                count += 1
        return count
