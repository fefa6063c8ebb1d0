"""Packets in, flow slices out: sources, the compiled meter, and the writer of Parquet.

Nothing that identifies (address, MAC, full name, payload) leaves this package's memory; see
docs/life-of-a-packet.md.
"""
