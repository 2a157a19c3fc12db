"""What the ``jobs`` and ``scheduler`` processes do, until they are told to end."""

from __future__ import annotations

import logging
import os
import platform
import secrets
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

from redis import Redis
from redis.exceptions import RedisError
from rq import Queue, SimpleWorker
from sqlalchemy.exc import OperationalError

from bot import job_workers
from bot.checks.collect import Collector
from bot.dispatch import DeliveryJobs, Dispatcher
from bot.embedded import redis_url
from bot.jobs import BOT_JOBS, conclude, services
from bot.leader import Leadership
from bot.nightly.timetable import Timetable
from bot.promotion import stalled
from bot.reaper import Reaper
from bot.redelivery import RedeliverySweep
from bot.retention import Retention
from bot.services import Services
from bot.settings import Settings, service_environment
from bot.settling import Settler
from bot.store.engine import open_database
from bot.store.migrate import require_up_to_date
from engine.errors import TransientError
from worker.queue.allow_list import JSONSerializer, safe_job
from worker.queue.names import BOT_QUEUE

COLLECT_EVERY_S = 0.3
SETTLE_EVERY_S = 5.0
PROMOTE_EVERY_S = 30.0
SWEEP_EVERY_S = 2.0
LOOK_EVERY_S = 15.0  # whether it is time to look for lost webhooks
REDELIVER_EVERY_S = 1.0  # between two of them
TIMETABLE_EVERY_S = 20.0
FIRST_TIDY_AFTER_S = 60.0
TIDY_EVERY_S = 3600.0
AWAY_S = 2.0
BROKEN_S = 60.0

log = logging.getLogger(__name__)

Work = Callable[[threading.Event], None]


def run_jobs(settings: Settings) -> None:
    """Handle deliveries one after the other, and meanwhile dispatch, collect and beat.

    Ends on SIGTERM or SIGINT, after the delivery that is being handled.

    Raises:
        UserError: the database is of another version, or no Redis is named.
    """
    with _prepared(settings) as (using, queue):
        worker = SimpleWorker(
            [queue],
            name=_worker_name(),
            connection=queue.connection,
            job_class=queue.job_class,
            serializer=JSONSerializer,
        )
        collector = Collector(using, partial(conclude, using))
        works: tuple[Work, ...] = (
            Dispatcher(using.deliveries, DeliveryJobs(queue), using.clock).run,
            lambda stop: _again_and_again(collector.collect, stop, COLLECT_EVERY_S),
            partial(advisory, Settler(using).turn, every_s=SETTLE_EVERY_S),
            partial(advisory, partial(stalled.go_on, using), every_s=PROMOTE_EVERY_S),
            lambda stop: _beat(queue.connection, worker.name, stop),
        )
        job_workers.beat(queue.connection, worker.name)
        with beside(works):
            worker.work(logging_level=None)


def run_scheduler(settings: Settings, stop: threading.Event) -> None:
    """Sweep for what is lost while being the leader, until *stop* is set.

    Raises:
        UserError: the database is of another version, or no Redis is named.
    """
    with _prepared(settings) as (using, queue):
        leader = Leadership(queue.connection, "scheduler")
        reaper = Reaper(using, queue)

        def turn() -> None:
            if leader.hold():
                reaper.sweep()

        timetable = Timetable(using)

        def look() -> None:
            if leader.hold():
                timetable.turn()

        works: tuple[Work, ...] = (
            partial(_tidy, Retention(using)),
            *_redelivering(using, leader),
            partial(advisory, look, every_s=TIMETABLE_EVERY_S),
        )
        with beside(works):
            _again_and_again(turn, stop, SWEEP_EVERY_S)
        leader.resign()


def _redelivering(using: Services, leader: Leadership) -> tuple[Work, ...]:
    """Have the forge deliver again what is lost, where it keeps a list of what it sent."""
    if using.hooks is None:
        return ()
    sweep = RedeliverySweep(using.hooks, using.deliveries, using.clock)

    def work(stop: threading.Event) -> None:
        def may_go_on() -> bool:
            return not stop.wait(REDELIVER_EVERY_S) and leader.hold()

        advisory(partial(sweep.turn, may_go_on), stop, every_s=LOOK_EVERY_S)

    return (work,)


def _tidy(retention: Retention, stop: threading.Event) -> None:
    """Tidy soon after the start and then hourly; beside the sweeps, which cannot wait for git."""
    stop.wait(FIRST_TIDY_AFTER_S)
    while not stop.is_set():
        _once(lambda: retention.tidy(stop), stop)
        stop.wait(TIDY_EVERY_S)


@contextmanager
def _prepared(settings: Settings) -> Iterator[tuple[Services, Queue]]:
    """Open the services and the bot's queue; what jobs open later sees the same settings."""
    url = redis_url(settings)
    connected = replace(settings, redis_url=url, queue_url=settings.queue_url or url)
    os.environ.update(service_environment(connected, os.environ))
    database = open_database(connected.database_url)
    require_up_to_date(database)
    database.dispose()
    with Redis.from_url(url) as connection:
        yield services(), bot_queue(connection)


def bot_queue(connection: Redis) -> Queue:
    """Name the queue of the bot's own jobs, which takes the functions of ``BOT_JOBS`` alone."""
    return Queue(
        BOT_QUEUE,
        connection=connection,
        job_class=safe_job(BOT_JOBS),
        serializer=JSONSerializer,
    )


def _worker_name() -> str:
    # A restarted process is another worker: what its predecessor had begun is told apart.
    return f"jobs-{platform.node()}-{os.getpid()}-{secrets.token_hex(4)}"


def _again_and_again(turn: Callable[[], object], stop: threading.Event, every_s: float) -> None:
    """Repeat *turn* until *stop*; a service that is away is waited for."""
    while not stop.wait(every_s):
        _once(turn, stop)


def advisory(turn: Callable[[], object], stop: threading.Event, *, every_s: float) -> None:
    """Repeat *turn* until *stop*, whatever it breaks by: no check depends on it.

    Each turn is done in a thread of its own, so that nothing it raises ends this one.
    """
    with ThreadPoolExecutor(1, "advisory") as pool:
        while not stop.wait(every_s):
            problem = pool.submit(_once, turn, stop).exception()
            if problem is not None:
                log.error("advice_broken", extra={"problem": repr(problem)}, exc_info=problem)
                stop.wait(BROKEN_S)


def _once(turn: Callable[[], object], stop: threading.Event) -> None:
    try:
        turn()
    except TransientError as error:
        log.warning("service_away", extra={"problem": str(error)})
        stop.wait(error.retry_after_s)
    except RedisError as error:
        log.warning("service_away", extra={"problem": str(error)})
        stop.wait(AWAY_S)
    except OperationalError as error:
        log.warning("service_away", extra={"problem": str(error.orig)})
        stop.wait(AWAY_S)


def _beat(connection: Redis, worker: str, stop: threading.Event) -> None:
    _again_and_again(lambda: job_workers.beat(connection, worker), stop, job_workers.INTERVAL_S)
    job_workers.forget(connection, worker)


@contextmanager
def beside(works: tuple[Work, ...]) -> Iterator[None]:
    """Do *works* in threads; one that breaks ends the process, which is then started anew."""
    stop = threading.Event()
    threads = [threading.Thread(target=_or_end, args=(work, stop)) for work in works]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def _or_end(work: Work, stop: threading.Event) -> None:
    try:
        work(stop)
    finally:
        if not stop.is_set():
            os.kill(os.getpid(), signal.SIGTERM)
