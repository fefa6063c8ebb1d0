"""The filter of system calls does what its tables say: run here by a small BPF machine as its oracle."""

import re
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli import hardening
from cli.seccomp import (
    ALLOW,
    EPERM,
    KILL_PROCESS,
    MACHINES,
    REFUSED,
    Machine,
    assemble,
    filter_program,
    machine_of,
)
from tests.support.needs import need_file

PID = 4_711
REFUSE, NO_SUCH_CALL = 0x00050000 | EPERM, 0x00050000 | 38
X86, ARM = MACHINES
HEADERS = {
    "x86_64": Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
    "aarch64": Path("/usr/include/asm-generic/unistd.h"),
}
NEW_USER_NAMESPACE, THREAD = 0x10000000, 0x003D0F00


def verdict(machine: Machine, number: int, *arguments: int, arch: int | None = None) -> int:
    """Run the program as the kernel does (only the four instructions that it uses)."""
    code = assemble(filter_program(machine, frozenset(REFUSED), PID))
    padded = (*arguments, 0, 0, 0, 0, 0, 0)[:6]
    data = struct.pack("=IIQ6Q", number, arch or machine.audit_arch, 0, *padded)
    at = accumulator = 0
    while True:
        operation, if_true, if_false, k = struct.unpack_from("=HBBI", code, at * 8)
        at += 1
        if operation == 0x20:
            (accumulator,) = struct.unpack_from("=I", data, k)
        elif operation == 0x06:
            return k
        else:
            held = {
                0x15: accumulator == k,
                0x35: accumulator >= k,
                0x45: bool(accumulator & k),
            }[operation]
            at += if_true if held else if_false


@pytest.mark.parametrize("machine", MACHINES, ids=lambda m: m.name)
def test_each_listed_call_is_refused_and_no_other(machine):
    refused = {numbers[machine.column] for numbers in REFUSED.values()} - {None}
    clone3 = 435
    for number in range(600):
        expected = REFUSE if number in refused else NO_SUCH_CALL if number == clone3 else ALLOW
        if number in {234, 131, 56, 220}:  # tgkill and clone look at an argument
            continue
        assert verdict(machine, number) == expected, number


@pytest.mark.parametrize("machine", MACHINES, ids=lambda m: m.name)
def test_calls_of_another_machine_end_the_process(machine):
    for arch in (0x40000003, 0xC000003E, 0xC00000B7, 0x40000028):
        if arch != machine.audit_arch:
            assert verdict(machine, 0, arch=arch) == KILL_PROCESS


@given(st.integers(0, 0x3FFFFFFF))
def test_the_x32_numbering_is_refused_whole(number):
    assert verdict(X86, 0x40000000 | number) == REFUSE


@pytest.mark.parametrize(("machine", "clone", "tgkill"), [(X86, 56, 234), (ARM, 220, 131)])
def test_threads_may_start_and_abort_but_no_namespace_and_no_foreign_signal(machine, clone, tgkill):
    assert verdict(machine, clone, THREAD) == ALLOW
    assert verdict(machine, clone, THREAD | NEW_USER_NAMESPACE) == REFUSE
    assert verdict(machine, tgkill, PID) == ALLOW
    assert verdict(machine, tgkill, PID + 1) == REFUSE


@pytest.mark.parametrize("machine", MACHINES, ids=lambda m: m.name)
def test_the_numbers_are_those_of_the_kernels_headers(machine):
    header = HEADERS[machine.name]
    need_file(header, "linux-libc-dev")
    found = re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", header.read_text())
    numbers = {name: int(number) for name, number in found}
    ours = {name: pair[machine.column] for name, pair in REFUSED.items()}
    # A header may be older than a call, but never say another number.
    told = {name: numbers[name] for name in ours if name in numbers}
    assert told == {name: ours[name] for name in told}
    assert len(told) > 65


def test_what_later_parts_need_stays_allowed():
    assert {"keyctl", "add_key", "request_key", "mlock", "mlock2", "memfd_secret"} & set(
        REFUSED
    ) == set()


def test_the_holder_may_bind_and_nothing_more_than_the_parser():
    assert {"bind"} == hardening.PARSER - hardening.HOLDER


def test_an_unknown_processor_has_no_table():
    assert machine_of("riscv64") is None
