"""``highwater bench``: benchmark suites of this repository against this platform's baselines."""

from __future__ import annotations

