"""What can be read of a machine is read; what cannot is None."""

from __future__ import annotations

from worker.machine import parse_cpuinfo, this_machine

ARM = "processor\t: 0\nFeatures\t: fp asimd\nCPU part\t: 0xd0c\n\nprocessor\t: 1\n"


def test_the_first_processor_counts() -> None:
    assert parse_cpuinfo(ARM)["CPU part"] == "0xd0c"


def test_nothing_to_read_gives_nothing() -> None:
    assert parse_cpuinfo("") == {}


def test_the_platform_is_a_triple() -> None:
    assert this_machine().platform.count("-") >= 2


def test_a_machine_has_the_same_fingerprint_every_time() -> None:
    assert this_machine().fingerprint == this_machine().fingerprint
