"""What Python calls between two walks of the loop.

Entries take the whole memory (the array of one TABLES record): handing over the record itself
costs milliseconds, because NumPy describes all its fields at each call.
"""

from collector.jit import compiled
from collector.meter import evict, layout, names, packet, place


@compiled
def advance(memory, time_us):
    """Move the packet clock; see `packet.advance`."""
    return packet.advance(memory[0], time_us)


@compiled
def end_of_input(memory):
    """Close every flow; see `packet.end_of_input`."""
    return packet.end_of_input(memory[0])


@compiled
def close_step(memory):
    """End the current link step before its time: what follows is an outage, not silence."""
    tables = memory[0]
    word = tables.word
    if word[layout.W_LINK_STEP] >= 0 and word[layout.W_LINK_ROWS] < layout.LINK_ROW_CAP:
        packet.push_link_row(tables)
        word[layout.W_LINK_STEP] = -1


@compiled
def make_room(memory):
    """Close a share of the flows; see `evict.make_room`."""
    return evict.make_room(memory[0])


@compiled
def reindex_devices(memory):
    """Index the devices anew; see `place.reindex_devices`."""
    place.reindex_devices(memory[0])


@compiled
def name_flow(memory, number, source, buf, o, n, ech):
    """Name a flow; see `names.give_name`."""
    tables = memory[0]
    names.give_name(tables, tables.flows[number], source, buf, o, n, ech)
