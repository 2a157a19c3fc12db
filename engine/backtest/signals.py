"""What a strategy wants at each close, as arrays: one code and one size an asset and bar."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

ENTER_LONG = 1
EXIT_LONG = 2
ENTER_SHORT = 4
EXIT_SHORT = 8
TARGET = 16  # hold what `size` says, signed, whatever is held now; overrides the other bits


@dataclass(frozen=True, slots=True)
class Signals:
    """``codes`` is uint8 ``[T, N]``, bits as above; given at the close of their bar.

    ``size`` is float64 ``[T, N]`` in the account's sizing, NaN or None: the account's own size.
    """

    codes: NDArray[np.uint8]
    size: NDArray[np.float64] | None = None

    @staticmethod
    def of(
        entries: ArrayLike,
        exits: ArrayLike | None = None,
        *,
        short_entries: ArrayLike | None = None,
        short_exits: ArrayLike | None = None,
        size: ArrayLike | None = None,
    ) -> Signals:
        """Put boolean arrays ``[T]`` or ``[T, N]`` together."""
        codes = _bits(entries, ENTER_LONG)
        for given, bit in (
            (exits, EXIT_LONG),
            (short_entries, ENTER_SHORT),
            (short_exits, EXIT_SHORT),
        ):
            if given is not None:
                codes |= _bits(given, bit)
        return Signals(codes, None if size is None else _sizes(size, codes.shape))

    @staticmethod
    def targets(wanted: ArrayLike) -> Signals:
        """Hold ``wanted[t, n]`` (signed, in the account's sizing); NaN: leave it as it is.

        An order is given where the wanted size differs from the one before it.
        """
        values = np.ascontiguousarray(_columns(np.asarray(wanted, dtype=np.float64)))
        before = np.vstack([np.zeros((1, values.shape[1])), values[:-1]])
        changed = ~np.isnan(values) & (values != before)
        return Signals(np.where(changed, np.uint8(TARGET), np.uint8(0)), values)


def _bits(given: ArrayLike, bit: int) -> NDArray[np.uint8]:
    wanted = _columns(np.asarray(given, dtype=bool))
    return np.ascontiguousarray(wanted.astype(np.uint8) * np.uint8(bit))


def _sizes(given: ArrayLike, shape: tuple[int, ...]) -> NDArray[np.float64]:
    values = np.asarray(given, dtype=np.float64)
    return np.ascontiguousarray(np.broadcast_to(_columns(values) if values.ndim else values, shape))


def _columns(values: NDArray[np.generic]) -> NDArray[np.generic]:
    return values[:, None] if values.ndim == 1 else values
