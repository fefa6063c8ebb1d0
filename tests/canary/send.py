"""`python -m tests.canary.send INTERFACE FILE`: every frame of a capture file onto a wire."""

import socket
import sys
import time

from scapy.utils import RawPcapReader


def main() -> None:
    """Send."""
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as sender:
        sender.bind((sys.argv[1], 0))
        for frame, _ in RawPcapReader(sys.argv[2]):
            sender.send(frame)
            time.sleep(0.0005)


if __name__ == "__main__":
    main()
