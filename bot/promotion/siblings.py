"""Promotions of other suites into the same file: brought to what was accepted in it meanwhile."""

from __future__ import annotations

import msgspec

from bot.services import Services
from bot.store.promotions import PromotionRecord
from engine.baselines import platform_file_name
from engine.orders import BenchmarkEvidence
from engine.values import RunId


def make_anew(services: Services, merged: PromotionRecord) -> None:
    """Have the open promotions proposed again whose file *merged* has changed.

    The benchmark suites of one kind of hardware have one file: each proposal was made without the
    others, so that all but the first to be merged would conflict. ``stalled.go_on`` takes them up;
    what was measured for them stands.
    """
    file = _file(services, merged)
    if file is None:
        return
    for other in services.promotions.in_status("open"):
        if other.repository == merged.repository and _file(services, other) == file:
            # Without evidence what stands on its branch is not taken for what is wanted.
            anew = msgspec.structs.replace(other, status="measuring", evidence=())
            services.promotions.carry_on(anew)


def _file(services: Services, record: PromotionRecord) -> str | None:
    """Name the file that a promotion shares with others; None where it has one of its own."""
    reports = [services.checks.load_report(RunId(run)) for run in record.evidence]
    last = reports[-1] if reports else None
    if last is None or not isinstance(last.evidence, BenchmarkEvidence):
        return None
    return platform_file_name(last.machine.platform, last.machine.fingerprint)
