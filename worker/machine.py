"""What this machine is, and how busy it is. Whatever cannot be read is None, never a guess."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import sys
import sysconfig
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path

from engine.errors import UserError
from engine.platforms import Hardware, Machine, Software

_GIB = 1024.0**3
_CPU = Path("/sys/devices/system/cpu")
# What /proc/cpuinfo calls a thing on x86, and on ARM.
_VENDOR = ("vendor_id", "CPU implementer")
_MODEL = ("model name", "CPU part")
_FAMILY = ("cpu family", "CPU architecture")
_STEPPING = ("stepping", "CPU revision")
_FLAGS = ("flags", "Features")


def this_machine() -> Machine:
    """Read what identifies this machine; fingerprints follow from it."""
    facts = parse_cpuinfo(_text(Path("/proc/cpuinfo")) or "")
    hardware = _hardware(facts)
    return Machine(
        platform=_triple(),
        cpu=_first(facts, _MODEL) or hardware.arch,
        hardware=hardware,
        software=_software(),
    )


def load_per_cpu() -> float:
    """Runnable processes per CPU, averaged over the last minute."""
    return os.getloadavg()[0] / (os.cpu_count() or 1)


def free_disk_bytes(folder: Path) -> int:
    """Free bytes of the disk that holds *folder*.

    Raises:
        OSError: there is no such folder.
    """
    return shutil.disk_usage(folder).free


def require_linux(platform: str = sys.platform) -> None:
    """Refuse to measure where pinning, guards and the CPU's clocks are not to be had.

    Raises:
        UserError: *platform* is not Linux.
    """
    if platform != "linux":
        problem = f"Measuring needs Linux, and this is {platform}."
        remedy = "Measure on a Linux machine; `compare`, `stats` and `replay` work here."
        raise UserError(problem, None, remedy)


def measuring_cpus(count: int) -> tuple[int, ...]:
    """Choose *count* CPUs to pin what is measured to, of those that this process may use."""
    return tuple(sorted(ranked_cpus()[:count]))


def ranked_cpus() -> tuple[int, ...]:
    """List the CPUs that this process may use, the best ones to measure on first."""
    return ranked(os.sched_getaffinity(0), _siblings_of_the_first())


def ranked(usable: AbstractSet[int], beside_first: AbstractSet[int]) -> tuple[int, ...]:
    """Put CPUs in the order in which they are measured on, always the same.

    CPU 0, which most interrupts go to, comes last, and before it those that share its core
    (*beside_first*).

    >>> ranked({0, 1, 2, 3}, {0, 1}), ranked({0, 1}, set())
    ((2, 3, 1, 0), (1, 0))
    """
    return tuple(sorted(usable, key=lambda cpu: (cpu == 0, cpu in beside_first, cpu)))


def parse_cpu_list(text: str) -> frozenset[int]:
    """Read CPU numbers as the kernel lists them; nothing of what is no such list.

    >>> sorted(parse_cpu_list("0,4-6"))
    [0, 4, 5, 6]
    """
    numbers: set[int] = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        if not first.isdecimal() or not (last or first).isdecimal():
            return frozenset()
        numbers |= set(range(int(first), int(last or first) + 1))
    return frozenset(numbers)


def parse_cpuinfo(text: str) -> dict[str, str]:
    r"""Read the first processor of ``/proc/cpuinfo``.

    >>> parse_cpuinfo("processor : 0\nmodel name\t: EPYC\n\nprocessor : 1\nmodel name : B\n")
    {'processor': '0', 'model name': 'EPYC'}
    """
    first = text.strip().split("\n\n")[0]
    pairs = (line.partition(":") for line in first.splitlines())
    return {name.strip(): value.strip() for name, colon, value in pairs if colon}


def _siblings_of_the_first() -> frozenset[int]:
    return parse_cpu_list(_text(_CPU / "cpu0" / "topology" / "thread_siblings_list") or "")


def _hardware(facts: Mapping[str, str]) -> Hardware:
    flags = sorted((_first(facts, _FLAGS) or "").split())
    return Hardware(
        arch=platform.machine(),
        vendor=_first(facts, _VENDOR),
        model=_model(facts),
        family=_first(facts, _FAMILY),
        stepping=_first(facts, _STEPPING),
        flags_hash=hashlib.sha256(" ".join(flags).encode()).hexdigest()[:16] if flags else None,
        cache=_cache() or facts.get("cache size"),
        cpu_count=os.cpu_count() or 1,
        memory_gib=round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / _GIB),
        smt=_flag(_text(_CPU / "smt" / "active")),
        hypervisor="hypervisor" in flags if flags else None,
        governor=_text(_CPU / "cpu0" / "cpufreq" / "scaling_governor"),
    )


def _model(facts: Mapping[str, str]) -> str | None:
    """Join the model's name and its number: one name covers several."""
    name, number = _first(facts, _MODEL), facts.get("model")
    return name if name is None or number is None else f"{name} (model {number})"


def _software() -> Software:
    libc = " ".join(part for part in platform.libc_ver() if part)
    return Software(
        kernel=platform.release(),
        libc=libc or None,
        python=platform.python_version(),
        blas=None,  # each repository brings its own, in its own environment
    )


def _triple() -> str:
    """Name the platform, such as ``x86_64-linux-gnu``."""
    known = sysconfig.get_config_var("MULTIARCH")
    if isinstance(known, str) and known:
        return known
    libc = "gnu" if platform.libc_ver()[0] == "glibc" else "musl"
    return f"{platform.machine()}-{platform.system().lower()}-{libc}"


def _cache() -> str | None:
    """List the sizes of the first CPU's caches, such as ``L1 Data 32K, L2 Unified 1024K``."""
    levels = []
    for index in sorted((_CPU / "cpu0" / "cache").glob("index[0-9]*")):
        parts = [_text(index / name) for name in ("level", "type", "size")]
        if all(parts):
            levels.append("L" + " ".join(str(part) for part in parts))
    return ", ".join(levels) or None


def _first(facts: Mapping[str, str], names: tuple[str, ...]) -> str | None:
    return next((facts[name] for name in names if facts.get(name)), None)


def _flag(text: str | None) -> bool | None:
    return None if text is None else text == "1"


def _text(path: Path) -> str | None:
    try:
        return path.read_text(errors="replace").strip() or None
    except OSError:
        return None
