"""The kernel's packet socket and its ring: AF_PACKET with TPACKET_V3.

packet(7), Documentation/networking/packet_mmap.rst. Only the process that holds the socket (holder.py)
uses this file; what it maps is read by another one (ring.py) that never has the socket. It must stay
light: the standard library and nothing of the meter.

One socket lives as long as the capture. Binding asks for no capability, only creating does, and the
ring stays with the socket whatever interface it is bound to: so the holder gives every capability
away, and the reader's mapping stays valid when an interface is deleted and made anew.
"""

import contextlib
import ctypes
import socket
import struct

SOL_PACKET = 263
PACKET_ADD_MEMBERSHIP, PACKET_DROP_MEMBERSHIP = 1, 2
PACKET_RX_RING, PACKET_STATISTICS, PACKET_VERSION = 5, 6, 10
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
SNAP_BYTES = 4_096
"""Octets of a frame that enter our memory: a post-quantum ClientHello with ECH fits, and a merged
packet of 64 KiB costs no more than that. Lengths are the true ones all the same."""
WHOLE_FRAME = 262_144
_FRAME_BYTES = 2_048
"""TPACKET_V3 only checks that it divides a block: frames take the room that they need."""
_BPF_RETURN = 0x06
"""BPF_RET | BPF_K: the classic filter's "return constant"."""
_PROT_READ_WRITE, _MAP_SHARED = 3, 1
_MADV_DONTDUMP = 16

_libc = ctypes.CDLL(None, use_errno=True)
_libc.mmap.restype = ctypes.c_void_p
_libc.mmap.argtypes = (
    *(ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long),
)
_libc.munmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t)
_libc.madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)


def _check(outcome: int) -> None:
    if outcome != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"error {number}")


class Mapping:
    """The ring in memory, shared with the kernel and with every child made after it.

    By ctypes, because `mmap.mmap` keeps a copy of the descriptor: the reader would have the socket.
    Packets lie in it as they came, so it is in no core file, whatever the limits of the process say.
    """

    def __init__(self, descriptor: int, size: int) -> None:
        self.size = size
        address = _libc.mmap(None, size, _PROT_READ_WRITE, _MAP_SHARED, descriptor, 0)
        if address == ctypes.c_void_p(-1).value:
            raise OSError(ctypes.get_errno(), "the packet ring cannot be mapped")
        _check(_libc.madvise(address, size, _MADV_DONTDUMP))
        self._address = address

    def octets(self) -> ctypes.Array[ctypes.c_ubyte]:
        """Return the ring as a writable buffer, good as long as the mapping is."""
        return (ctypes.c_ubyte * self.size).from_address(self._address)

    def unmap(self) -> None:
        """Take it out of this process; others keep it."""
        _check(_libc.munmap(self._address, self.size))


class PacketSocket:
    """One capturing socket, not bound to anything until `bind`."""

    def __init__(self, *, snap_bytes: int = SNAP_BYTES, blocks: int = BLOCKS) -> None:
        self._snap_bytes, self._blocks = snap_bytes, blocks
        self.offered = 0
        """Packets that the kernel counted so far, dropped ones too."""
        self.dropped = 0
        self._promiscuous = 0

    def open(self) -> Mapping:
        """Make the socket (protocol 0: it receives nothing yet) and its ring.

        Raises:
            PermissionError: CAP_NET_RAW is missing.
            OSError: the kernel lacks TPACKET_V3 or the memory.
        """
        self._socket = sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        sock.setsockopt(SOL_PACKET, PACKET_VERSION, TPACKET_V3)
        sock.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
        with contextlib.suppress(OSError):  # kernels before 4.20 show outgoing packets, too
            sock.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 0)
        frames = self._blocks * (BLOCK_BYTES // _FRAME_BYTES)
        request = (BLOCK_BYTES, self._blocks, _FRAME_BYTES, frames, RETIRE_MS, 0, 0)
        sock.setsockopt(SOL_PACKET, PACKET_RX_RING, struct.pack("7I", *request))
        return Mapping(sock.fileno(), BLOCK_BYTES * self._blocks)

    def bind(self, interface_number: int) -> None:
        """Let the packets of an interface in, and those of no other.

        Raises:
            OSError: there is no such interface (any more).
        """
        self.accept(self._snap_bytes)
        address = struct.pack("=HHiHBB8s", socket.AF_PACKET, socket.htons(ETH_P_ALL), interface_number, 0, 0, 0, b"")  # fmt: skip
        _check(_libc.bind(self._socket.fileno(), address, len(address)))
        self._hear_everything(interface_number)
        self.forget_error()

    def _hear_everything(self, interface_number: int) -> None:
        """Ask for frames to others, too, and no longer on the interface before."""
        with contextlib.suppress(OSError):  # the kernel forgets it with a deleted interface
            if self._promiscuous:
                before = struct.pack("iHH8s", self._promiscuous, PACKET_MR_PROMISC, 0, b"")
                self._socket.setsockopt(SOL_PACKET, PACKET_DROP_MEMBERSHIP, before)
        wanted = struct.pack("iHH8s", interface_number, PACKET_MR_PROMISC, 0, b"")
        self._socket.setsockopt(SOL_PACKET, PACKET_ADD_MEMBERSHIP, wanted)
        self._promiscuous = interface_number

    def accept(self, octets: int) -> None:
        """Let the kernel pass on the first `octets` of each frame; none at all for 0."""
        program = ctypes.create_string_buffer(struct.pack("HBBI", _BPF_RETURN, 0, 0, octets))
        filter_ = struct.pack("HxxxxxxP", 1, ctypes.addressof(program))
        self._socket.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, filter_)

    def forget_error(self) -> None:
        """An interface that goes down leaves an error on the socket: read it, and it is gone."""
        self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)

    def read_statistics(self) -> None:
        """Add what the kernel counted since the last call.

        Its counts are reset on read, and `tp_packets` already includes `tp_drops`
        (tpacket_stats_v3), so the sums are kept here.
        """
        counted = self._socket.getsockopt(SOL_PACKET, PACKET_STATISTICS, 12)
        packets, drops, _ = struct.unpack("3I", counted)
        self.offered += packets
        self.dropped += drops

    def close(self) -> None:
        """Close the descriptor of this process; the ring lives while somebody has it mapped."""
        self._socket.close()
