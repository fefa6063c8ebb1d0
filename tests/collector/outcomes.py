"""What every parser owes: one of three outcomes, whatever it is fed, and no octet outside."""

import numpy as np
from hypothesis import strategies as st

from collector.meter.layout import MORE, REJECT, VALUE

OUTCOMES = {VALUE, MORE, REJECT}


def octets(data: bytes):
    """The array that the loop would hand over: exactly these octets, nothing behind them."""
    return np.frombuffer(data, np.uint8).copy() if data else np.zeros(0, np.uint8)


def prefixes(data: bytes):
    """Yield the sample byte by byte, the whole one last."""
    return (data[:n] for n in range(len(data) + 1))


@st.composite
def mutated(draw, samples):
    """A sample with some octets replaced, cut out, doubled, or the end missing."""
    data = bytearray(draw(st.sampled_from(samples)))
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, max(0, len(data) - 1)))
        what = draw(st.sampled_from(["set", "set", "cut", "double", "end"]))
        if what == "set":
            data[at : at + 1] = draw(st.binary(min_size=1, max_size=2))
        elif what == "cut":
            del data[at : at + draw(st.integers(1, 8))]
        elif what == "double":
            data[at:at] = data[at : at + 16]
        else:
            del data[at:]
    return bytes(data)
