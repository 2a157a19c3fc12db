"""One leader among several schedulers: a lease in Redis that its holder renews."""

from __future__ import annotations

import secrets

from redis import Redis

LEASE_S = 15.0
_KEY = "hw:leader:{0}"
# Renewing and giving up must not touch a lease that has passed to another one in the meantime.
_RENEW = """
if redis.call('get', KEYS[1]) == ARGV[1] then
  return redis.call('pexpire', KEYS[1], ARGV[2])
end
return 0
"""
_RELEASE = """
if redis.call('get', KEYS[1]) == ARGV[1] then
  return redis.call('del', KEYS[1])
end
return 0
"""


class Leadership:
    """A candidate for the leadership *name*; ask :meth:`hold` before each piece of work."""

    def __init__(self, connection: Redis, name: str, lease_s: float = LEASE_S) -> None:
        self._connection = connection
        self._key = _KEY.format(name)
        self._token = secrets.token_hex(16)
        self._lease_ms = int(lease_s * 1000)
        self._renew = connection.register_script(_RENEW)
        self._release = connection.register_script(_RELEASE)

    def hold(self) -> bool:
        """Take or renew the lease; False while another candidate has it.

        Raises:
            redis.exceptions.RedisError: Redis is away.
        """
        taken = self._connection.set(self._key, self._token, nx=True, px=self._lease_ms)
        renewed = taken or self._renew(keys=[self._key], args=[self._token, self._lease_ms])
        return bool(renewed)

    def resign(self) -> None:
        """Give the lease back, where it is ours, so that the next one need not wait.

        Raises:
            redis.exceptions.RedisError: Redis is away.
        """
        self._release(keys=[self._key], args=[self._token])
