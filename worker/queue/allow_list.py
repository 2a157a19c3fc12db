"""Jobs that can only be what they should be: whoever may write to Redis cannot run code.

JSON alone does not do it: a job naming ``os.system`` would be carried out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rq.job import Job
from rq.serializers import JSONSerializer

from engine.errors import IntegrityError

ORDER_FUNCTION = "worker.jobs.execute_run"

__all__ = ["ORDER_FUNCTION", "JSONSerializer", "OrderJob", "safe_job"]


def safe_job(allowed: frozenset[str]) -> type[Job]:
    """Make a Job class that carries out the functions named in *allowed* and nothing else.

    Use it together with :class:`JSONSerializer`, in whatever enqueues and whatever works.
    Callbacks and webhooks, which a job's hash may also name, are not carried out.
    """

    class SafeJob(Job):
        @property
        def func(self) -> Callable[..., Any]:
            """Import the function, once its name was looked up in the list.

            Raises:
                IntegrityError: it is not in the list.
            """
            name = self.func_name
            if not isinstance(name, str) or name not in allowed or self.instance is not None:
                what = f"function of job {self.id}"
                expected = " or ".join(sorted(allowed)) or "nothing"
                raise IntegrityError(what, expected, repr(name)[:200])
            function: Callable[..., Any] = super().func
            return function

        @property
        def success_callback(self) -> None:
            """Name no function."""

        @property
        def failure_callback(self) -> None:
            """Name no function."""

        @property
        def stopped_callback(self) -> None:
            """Name no function."""

        def send_webhooks(self, *_: object, **__: object) -> None:
            """Send nothing: a job's own addresses are whatever its writer chose."""

    return SafeJob


OrderJob = safe_job(frozenset({ORDER_FUNCTION}))
