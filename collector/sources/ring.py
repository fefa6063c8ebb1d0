"""The kernel's packet ring: AF_PACKET with TPACKET_V3, read block by block.

packet(7), Documentation/networking/packet_mmap.rst. Statistics are reset on read and `tp_packets`
already includes `tp_drops` (reference/reliability.md section 1.3), so the sums are kept here.
"""

import contextlib
import ctypes
import mmap
import select
import socket
import struct
from pathlib import Path

import numpy as np

from collector.engine import Meter
from collector.meter import layout as lay
from collector.meter.decode import LINK_ETHERNET
from collector.meter.entry import advance
from collector.meter.ring import walk_block

SOL_PACKET = 263
PACKET_ADD_MEMBERSHIP, PACKET_RX_RING, PACKET_STATISTICS, PACKET_VERSION = 1, 5, 6, 10
PACKET_VNET_HDR, PACKET_IGNORE_OUTGOING = 15, 23
PACKET_MR_PROMISC = 1
TPACKET_V3 = 2
SO_ATTACH_FILTER = 26
ETH_P_ALL = 3

BLOCK_BYTES = 1 << 20
"""One hand-over of the kernel; a block is passed on when full or after RETIRE_MS."""
BLOCKS = 64
"""64 MiB: over 100 ms of a saturated 1 Gbit/s link even when the reader sleeps."""
RETIRE_MS = 50
POLL_MS = 100
SNAP_BYTES = 4_096
"""Octets of a frame that enter our memory: a post-quantum ClientHello with ECH fits, and a merged
packet of 64 KiB costs no more than that. Lengths are the true ones all the same."""
WHOLE_FRAME = 262_144
_STATUS_USER = 1
_BPF_RETURN = 0x06
"""BPF_RET | BPF_K: the classic filter's "return constant"."""
_STATUS_AT = 8
"""Offset of the block's status word (tpacket_hdr_v1.block_status)."""


class CannotCapture(Exception):
    """The interface is missing or may not be opened. The message is one sentence."""

    def __init__(self, message: str, *, permission: bool) -> None:
        super().__init__(message)
        self.permission = permission


def index_of(interface: str) -> int | None:
    """Return the kernel's number of an interface, None when there is none of that name."""
    try:
        return socket.if_nametoindex(interface)
    except OSError:
        return None


def is_up(interface: str) -> bool:
    """Say whether an interface exists and is up (IFF_UP)."""
    try:
        flags = (Path("/sys/class/net") / interface / "flags").read_text()
    except OSError:
        return False
    return bool(int(flags, 16) & 1)


class Ring:
    """One capturing socket and its mapping."""

    def __init__(
        self, interface: str, *, blocks: int = BLOCKS, snap_bytes: int = SNAP_BYTES
    ) -> None:
        self.interface = interface
        self._snap_bytes = snap_bytes
        self._blocks = blocks
        self._next = 0
        self.offered = 0
        self.dropped = 0

    def open(self) -> None:
        """Open the socket, map the ring, then let packets in.

        Raises:
            CannotCapture: no such interface, no permission, or the kernel lacks TPACKET_V3.
        """
        index = index_of(self.interface)
        if index is None:
            raise CannotCapture(f"interface `{self.interface}` does not exist", permission=False)
        try:
            self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        except PermissionError:
            raise CannotCapture(
                f"no permission to capture on `{self.interface}`", permission=True
            ) from None
        self._index, self._next = index, 0
        self._configure(index)

    def _configure(self, index: int) -> None:
        sock = self._socket
        sock.setsockopt(SOL_PACKET, PACKET_VERSION, TPACKET_V3)
        sock.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
        with contextlib.suppress(OSError):  # kernels before 4.20 show outgoing packets, too
            sock.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 0)
        request = struct.pack(
            "7I",
            BLOCK_BYTES,
            self._blocks,
            2048,
            self._blocks * (BLOCK_BYTES // 2048),
            RETIRE_MS,
            0,
            0,
        )
        sock.setsockopt(SOL_PACKET, PACKET_RX_RING, request)
        self._mapping = mmap.mmap(sock.fileno(), BLOCK_BYTES * self._blocks)
        self.bytes = np.frombuffer(self._mapping, np.uint8)
        self._status = [
            np.frombuffer(self._mapping, np.uint32, 1, i * BLOCK_BYTES + _STATUS_AT)
            for i in range(self._blocks)
        ]
        membership = struct.pack("iHH8s", index, PACKET_MR_PROMISC, 0, b"")
        sock.setsockopt(SOL_PACKET, PACKET_ADD_MEMBERSHIP, membership)
        self._poll = select.poll()
        self._poll.register(sock, select.POLLIN | select.POLLERR)
        self._accept(self._snap_bytes)
        sock.bind((self.interface, ETH_P_ALL))

    def _accept(self, octets: int) -> None:
        """Let the kernel pass on the first `octets` of each frame; none at all for 0."""
        program = ctypes.create_string_buffer(struct.pack("HBBI", _BPF_RETURN, 0, 0, octets))
        filter_ = struct.pack("HxxxxxxP", 1, ctypes.addressof(program))
        self._socket.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, filter_)

    def wait(self) -> None:
        """Sleep until a block is ready, at most POLL_MS.

        An interface that goes down leaves an error on the socket, which poll reports at once and
        for ever until it is read.
        """
        for _, events in self._poll.poll(POLL_MS):
            if events & select.POLLERR:
                self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)

    def is_deaf(self) -> bool:
        """Say whether the interface was deleted: its socket stays silent even if it is made anew."""
        return index_of(self.interface) != self._index

    def drain(self, meter: Meter) -> int:
        """Meter the blocks that are ready, once around the ring at most. Returns how many."""
        taken = 0
        while taken < self._blocks and self._status[self._next][0] & _STATUS_USER:
            start = self._next * BLOCK_BYTES
            done = 0
            while True:
                code, done = walk_block(
                    meter.memory, self.bytes, start, BLOCK_BYTES, LINK_ETHERNET, done
                )
                if code in (lay.RUN_END, lay.RUN_BAD):
                    break
                meter.serve(code)
            self._status[self._next][0] = 0
            self._next = (self._next + 1) % self._blocks
            taken += 1
        return taken

    def read_statistics(self) -> None:
        """Add what the kernel counted since the last call; nothing once the ring is closed."""
        if self._socket.fileno() < 0:
            return
        packets, drops, _ = struct.unpack(
            "3I", self._socket.getsockopt(SOL_PACKET, PACKET_STATISTICS, 12)
        )
        self.offered += packets
        self.dropped += drops

    def stop(self) -> None:
        """Let no more packets in (a filter that refuses everything), so that counts can close."""
        self._accept(0)

    def close(self) -> None:
        """Close the socket; the mapping goes with the last view of it."""
        self._socket.close()


class InterfaceCounters:
    """Octets of an interface by its own counters (/sys/class/net), as differences.

    `side` says where the interface looks: `lan` receives what the school sends, `wan` what it
    gets, `mirror` receives both, so that its counters cannot tell the directions apart.
    """

    def __init__(self, interface: str, side: str) -> None:
        self._directory = Path("/sys/class/net") / interface / "statistics"
        self._side = side
        self._before = self._read()

    def _read(self) -> tuple[int, int]:
        try:
            return (
                int((self._directory / "rx_bytes").read_text()),
                int((self._directory / "tx_bytes").read_text()),
            )
        except (OSError, ValueError):
            return 0, 0

    def since_last(self) -> tuple[int | None, int | None]:
        """Return (up, down) octets since the last call; (None, None) on a mirror port."""
        received, sent = self._read()
        rx, tx = max(0, received - self._before[0]), max(0, sent - self._before[1])
        self._before = received, sent
        if self._side == "lan":
            return rx, tx
        if self._side == "wan":
            return tx, rx
        return None, None


def move_clock(meter: Meter, now_us: int) -> None:
    """Tell the meter the time while no packet comes, so that rows and idle flows go out."""
    meter.drive(lambda: int(advance(meter.memory, now_us)))
    meter.flush_rows()
    meter.flush_links()
