"""What acknowledging a delivery costs over answering alone: one JSON line.

The receiver (HMAC, one fsynced INSERT) and a bare application that reads the body and answers,
both under the same server, are sent 24 KB payloads in turns. ``ratio`` is the receiver's median
rate over the bare one's; the p99 is given at full load and at 50 deliveries a second. What one
thread could commit alone in the same minute tells how much of it is the disk.
"""

from __future__ import annotations

import itertools
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))  # benchmarks are run by path, from any folder

from bot.cli.web import server  # noqa: E402 - as are those below: the path comes first
from bot.github.signature import sign  # noqa: E402
from bot.store.deliveries import Delivery, DeliveryStatus, DeliveryStore  # noqa: E402
from bot.store.engine import open_database  # noqa: E402
from bot.store.migrate import migrate  # noqa: E402
from engine.values import DeliveryId  # noqa: E402

SECRET = "made up for this benchmark"  # noqa: S105 - of a server that lives for seconds
BODY_BYTES = 24_000
SENDERS = 16
ROUNDS = 3
REQUESTS_A_ROUND = 3_000
BARE_REPEATS = 10  # it is so quick that a round of the same length would be mostly noise
ALONE = 200
PACE_PER_S = 50
PACED_REQUESTS = 250
UP_WITHIN_S = 30.0


@dataclass(frozen=True, slots=True)
class Load:
    """What came of a number of requests: how many a second, and each one's seconds, sorted."""

    rate: float
    latencies_s: tuple[float, ...]

    @property
    def p99_ms(self) -> float:
        """The 99th percentile in milliseconds."""
        return self.latencies_s[int(len(self.latencies_s) * 0.99)] * 1e3


def bare_application() -> Callable[..., Iterable[bytes]]:
    """Make the application to compare with: it reads the body and answers 202.

    Any other answer ends the benchmark, so a body that was not read whole is no success.
    """

    def answer(environ: dict[str, Any], start_response: Callable[..., object]) -> list[bytes]:
        whole = len(environ["wsgi.input"].read()) == BODY_BYTES
        status = "202 Accepted" if whole else "400 Bad Request"
        start_response(status, [("Content-Length", "0")])
        return []

    return answer


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/bot.db"
        migrate(url)
        with serving(["bare"], url) as bare, serving(["receiver"], url) as receiver:
            rounds = [(saturate(bare, BARE_REPEATS), saturate(receiver)) for _ in range(ROUNDS)]
            paced = pace(receiver)
        check_all_kept(url, ROUNDS * REQUESTS_A_ROUND + PACED_REQUESTS)
        print(json.dumps({**summary(rounds, paced), "alone_per_s": round(commit_alone(url))}))


def summary(rounds: list[tuple[Load, Load]], paced: Load) -> dict[str, object]:
    """Gather the medians over the rounds."""
    ours_per_s = statistics.median(ours.rate for _, ours in rounds)
    bare_per_s = statistics.median(bare.rate for bare, _ in rounds)
    return {
        "benchmark": "receive",
        "ratio": round(ours_per_s / bare_per_s, 3),
        "acknowledged_per_s": round(ours_per_s),
        "bare_per_s": round(bare_per_s),
        "p99_ms": round(statistics.median(ours.p99_ms for _, ours in rounds), 2),
        "bare_p99_ms": round(statistics.median(bare.p99_ms for bare, _ in rounds), 2),
        f"p99_ms_at_{PACE_PER_S}_per_s": round(paced.p99_ms, 2),
        "payload_bytes": BODY_BYTES,
    }


def check_all_kept(url: str, expected: int) -> None:
    """See that what was acknowledged is there: a fast loss would be worth nothing."""
    database = open_database(url)
    kept = DeliveryStore(database).counts()[DeliveryStatus.WAITING]
    database.dispose()
    assert kept == expected, f"{expected} acknowledged, {kept} kept"


def commit_alone(url: str) -> float:
    """Give how many deliveries a second one thread stores, each in a commit of its own."""
    database = open_database(url)
    store = DeliveryStore(database)
    bodies = [os.urandom(BODY_BYTES) for _ in range(ALONE)]
    started = time.perf_counter()
    for number, body in enumerate(bodies):
        delivery = Delivery(id=DeliveryId(f"alone-{number}"), event="ping", body=body)
        store.add(delivery, datetime.now(UTC))
    elapsed_s = time.perf_counter() - started
    database.dispose()
    return ALONE / elapsed_s


_NUMBERS = itertools.count()


def requests(count: int) -> list[bytes]:
    """Make requests ready to be sent, each with a body, signature and id of its own."""
    return [_request(next(_NUMBERS)) for _ in range(count)]


def saturate(port: int, repeats: int = 1) -> Load:
    """Send as fast as the server answers, on several connections, all of it *repeats* times."""
    shares = [requests(REQUESTS_A_ROUND // SENDERS) for _ in range(SENDERS)]
    shares[0] += requests(REQUESTS_A_ROUND % SENDERS)
    latencies: list[float] = []
    senders = [
        threading.Thread(target=_send, args=(port, one * repeats, latencies)) for one in shares
    ]
    started = time.perf_counter()
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    elapsed_s = time.perf_counter() - started
    assert len(latencies) == REQUESTS_A_ROUND * repeats, "a sender failed"
    return Load(len(latencies) / elapsed_s, tuple(sorted(latencies)))


def pace(port: int) -> Load:
    """Send at an even pace, as a busy day would."""
    latencies: list[float] = []
    ready = requests(PACED_REQUESTS)
    started = time.perf_counter()
    with socket.create_connection(("127.0.0.1", port)) as connection:
        for number, request in enumerate(ready):
            time.sleep(max(0.0, started + number / PACE_PER_S - time.perf_counter()))
            latencies.append(_exchange(connection, request))
    return Load(PACE_PER_S, tuple(sorted(latencies)))


def _request(number: int) -> bytes:
    body = json.dumps({"number": number, "fill": "x" * BODY_BYTES})[-BODY_BYTES:].encode()
    body = f"{number:012d}".encode() + body[12:]
    head = (
        "POST /webhook HTTP/1.1\r\nHost: localhost\r\nX-GitHub-Event: ping\r\n"
        f"X-GitHub-Delivery: load-{number}\r\n"
        f"X-Hub-Signature-256: {sign(body, SECRET.encode())}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _send(port: int, ready: list[bytes], latencies: list[float]) -> None:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        latencies.extend(_exchange(connection, request) for request in ready)


def _exchange(connection: socket.socket, request: bytes) -> float:
    """Send one request and read its whole answer; gives the seconds it took."""
    started = time.perf_counter()
    connection.sendall(request)
    answer = connection.recv(65536)
    while not _complete(answer):
        answer += connection.recv(65536)
    elapsed_s = time.perf_counter() - started
    assert answer.startswith(b"HTTP/1.1 202"), answer[:200]
    return elapsed_s


def _complete(answer: bytes) -> bool:
    assert answer, "the server hung up"
    head, ended, body = answer.partition(b"\r\n\r\n")
    length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
    return bool(ended) and len(body) >= int(length or b"0")


@contextmanager
def serving(which: list[str], url: str) -> Iterator[int]:
    """Serve one of the two applications in processes of its own; gives the port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environ = {
        **os.environ,
        "DATABASE_URL": url,
        "HIGHWATER_WEBHOOK_SECRET": SECRET,
        "HIGHWATER_ENV_FILE": os.devnull,
        "HIGHWATER_LOG_LEVEL": "WARNING",
        "PYTHONPATH": str(ROOT),
    }
    process = subprocess.Popen([sys.executable, __file__, *which, str(port)], env=environ)
    try:
        _wait_for(port)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=20)


def _wait_for(port: int) -> None:
    until = time.monotonic() + UP_WITHIN_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
        else:
            return


def _serve(which: str, port: int) -> None:
    if which == "bare":
        server("127.0.0.1", port, "receive:bare_application").serve()
    else:
        server("127.0.0.1", port).serve()


if __name__ == "__main__":
    if len(sys.argv) == 1:
        main()
    else:
        _serve(sys.argv[1], int(sys.argv[2]))
