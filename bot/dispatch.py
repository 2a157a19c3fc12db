"""From the committed deliveries to the queue of the bot's jobs: nothing lost, nothing doubled.

The database says what is to be done; the queue only makes it happen soon. A delivery is claimed
for a while and handed on; whatever dies on the way, it is due again when the claim has run out.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from threading import Event

import msgspec
from redis.exceptions import RedisError
from rq import Queue, Retry
from rq.exceptions import DuplicateJobError, NoSuchJobError
from rq.job import Job, JobStatus
from sqlalchemy.exc import OperationalError

from bot.ports import Clock
from bot.store.deliveries import DeliveryStore
from engine.errors import TransientError
from engine.values import DeliveryId

HANDLER = "bot.jobs.handle_delivery"
JOB_TIMEOUT_S = 600
REDIS_AWAY_S = 2.0

log = logging.getLogger(__name__)

Enqueue = Callable[[DeliveryId], None]


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """How patient a dispatcher is: seconds, and how often a handling may begin."""

    lease_s: float = 60.0
    idle_s: float = 0.1
    database_away_s: float = 1.0
    max_attempts: int = 50


class Dispatcher:
    """Hands deliveries that are due to *enqueue*, which raises TransientError when it cannot."""

    def __init__(
        self, deliveries: DeliveryStore, enqueue: Enqueue, clock: Clock, pace: Pace | None = None
    ) -> None:
        """Take the store, where to hand deliveries on to, and the time."""
        self._deliveries = deliveries
        self._enqueue = enqueue
        self._clock = clock
        self._pace = Pace() if pace is None else pace

    def run(self, stop: Event) -> None:
        """Dispatch until *stop* is set; a database or queue that is away is waited for."""
        while not stop.is_set():
            stop.wait(self._turn())

    def dispatch(self) -> int:
        """Hand on what is due now; gives how many deliveries were handed on.

        Raises:
            TransientError: the queue is away; what was not handed on is due again after that.
        """
        claimed = self._deliveries.claim(self._clock.now(), self._pace.lease_s)
        for done, delivery in enumerate(claimed):
            try:
                self._hand_on(delivery)
            except TransientError as error:
                self._put_back(claimed[done:], error)
                raise
        return len(claimed)

    def _turn(self) -> float:
        """Dispatch once; gives how many seconds to wait before the next turn."""
        try:
            return 0.0 if self.dispatch() else self._pace.idle_s
        except TransientError as error:
            log.warning("queue_away", extra={"problem": str(error)})
            return error.retry_after_s
        except OperationalError as error:
            log.warning("database_away", extra={"problem": str(error.orig)})
            return self._pace.database_away_s

    def _hand_on(self, delivery: DeliveryId) -> None:
        state = self._deliveries.state(delivery)
        if state is not None and state.attempts >= self._pace.max_attempts:
            # Its handling ended each time without a word: it kills whoever takes it up.
            self._deliveries.fail(delivery, f"given up after {state.attempts} attempts")
            log.error("delivery_given_up", extra={"delivery": delivery})
            return
        self._enqueue(delivery)
        log.info("delivery_dispatched", extra={"delivery": delivery})

    def _put_back(self, claimed: tuple[DeliveryId, ...], error: TransientError) -> None:
        until = self._clock.now() + timedelta(seconds=error.retry_after_s)
        for delivery in claimed:
            self._deliveries.postpone(delivery, until, str(error))


class DeliveryJobs:
    """Puts deliveries on the bot's RQ queue, one job for each: an ``Enqueue``."""

    def __init__(self, queue: Queue) -> None:
        """Take the bot's queue, which speaks JSON and refuses functions off its list."""
        self._queue = queue

    def __call__(self, delivery: DeliveryId) -> None:
        """See to it that there is a job for *delivery*; one that waits or works is left alone.

        Raises:
            TransientError: Redis cannot be reached.
        """
        try:
            self._forget_ended(job_id(delivery))
            self._add(delivery)
        except RedisError as error:
            message = f"the bot's queue cannot be reached: {error}"
            raise TransientError(message, REDIS_AWAY_S) from error

    def _add(self, delivery: DeliveryId) -> None:
        try:
            self._queue.enqueue(
                HANDLER,
                delivery,
                job_id=job_id(delivery),
                unique=True,
                job_timeout=JOB_TIMEOUT_S,
                result_ttl=0,  # the database knows what is done; the id is free again
                retry=Retry(max=3),  # for a worker that dies; errors are the handler's to catch
            )
        except DuplicateJobError:
            log.debug("delivery_already_queued", extra={"delivery": delivery})

    def _forget_ended(self, job: str) -> None:
        """Free the id where a job ended for good although the delivery is due again."""
        try:
            found = Job.fetch(
                job, connection=self._queue.connection, serializer=self._queue.serializer
            )
            if found.get_status(refresh=False) in _ENDED:
                found.delete()
        except NoSuchJobError:
            return


def job_id(delivery: DeliveryId) -> str:
    """Name the job of a delivery: its id has no character that a job's may not have."""
    return f"delivery-{delivery}"


_ENDED = {JobStatus.FINISHED, JobStatus.FAILED, JobStatus.STOPPED, JobStatus.CANCELED}
