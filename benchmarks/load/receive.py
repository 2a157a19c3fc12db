"""What acknowledging a delivery costs over answering alone: one JSON line.

The receiver (HMAC, one fsynced INSERT) and a bare application that reads the body and answers,
both under the same server, are sent 24 KB payloads in turns. ``ratio`` is the receiver's rate
over the bare one's; the p99 is given at full load and at 50 deliveries a second.
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
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from bot.cli.web import server
from bot.github.signature import sign
from bot.store.deliveries import DeliveryStatus, DeliveryStore
from bot.store.engine import open_database
from bot.store.migrate import migrate

SECRET = "made up for this benchmark"  # noqa: S105 - of a server that lives for seconds
BODY_BYTES = 24_000
SENDERS = 16
ROUNDS = 3
REQUESTS_A_ROUND = 3_000
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
    """Make the application to compare with: it reads the body and answers 202."""

    def answer(environ: dict[str, object], start_response: Callable[..., object]) -> list[bytes]:
        environ["wsgi.input"].read()  # type: ignore[attr-defined]
        start_response("202 Accepted", [("Content-Length", "0")])
        return []

    return answer


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/bot.db"
        migrate(url)
        with serving(["bare"], url) as bare, serving(["receiver"], url) as receiver:
            rounds = [(saturate(bare), saturate(receiver)) for _ in range(ROUNDS)]
            paced = pace(receiver)
        check_all_kept(url, ROUNDS * REQUESTS_A_ROUND + PACED_REQUESTS)
    print(json.dumps(summary(rounds, paced)))


def summary(rounds: list[tuple[Load, Load]], paced: Load) -> dict[str, object]:
    """Gather the medians over the rounds."""
    return {
        "benchmark": "receive",
        "ratio": round(statistics.median(ours.rate / bare.rate for bare, ours in rounds), 3),
        "acknowledged_per_s": round(statistics.median(ours.rate for _, ours in rounds)),
        "bare_per_s": round(statistics.median(bare.rate for bare, _ in rounds)),
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


_NUMBERS = itertools.count()


def requests(count: int) -> list[bytes]:
    """Make requests ready to be sent, each with a body, signature and id of its own."""
    return [_request(next(_NUMBERS)) for _ in range(count)]


def saturate(port: int) -> Load:
    """Send as fast as the server answers, on several connections."""
    shares = [requests(REQUESTS_A_ROUND // SENDERS) for _ in range(SENDERS)]
    shares[0] += requests(REQUESTS_A_ROUND % SENDERS)
    latencies: list[float] = []
    senders = [threading.Thread(target=_send, args=(port, one, latencies)) for one in shares]
    started = time.perf_counter()
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    elapsed_s = time.perf_counter() - started
    assert len(latencies) == REQUESTS_A_ROUND, "a sender failed"
    return Load(REQUESTS_A_ROUND / elapsed_s, tuple(sorted(latencies)))


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
        for request in ready:
            latencies.append(_exchange(connection, request))


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
