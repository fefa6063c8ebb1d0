"""The chain of envelopes of one school, as far as somebody has checked it. Pure."""

from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from hub.envelope import START, NotAnEnvelope, digest_of, open_envelope
from privacy.sealed import SealBroken


class ChainBroken(Exception):
    """An envelope is not the school's, or not the next one. Carries the reason only."""


@dataclass(frozen=True, slots=True)
class Held:
    """One release that is held."""

    position: int
    table: str
    period: str
    octets: int
    sha256: str
    """Of the release as it came."""


@dataclass(frozen=True, slots=True)
class Chain:
    """The envelopes of one school, oldest first."""

    inode: int
    """Of its directory: a school that left and came again has another."""
    held: tuple[Held, ...] = ()
    digests: tuple[str, ...] = ()
    """SHA-256 of each envelope as it came."""

    @property
    def last(self) -> str:
        """Digest of the last envelope."""
        return self.digests[-1] if self.digests else START

    def with_next(self, data: bytes, key: Ed25519PublicKey) -> "Chain":
        """Return the chain with one more envelope.

        Raises:
            ChainBroken: it is not the next one, or not the school's.
        """
        try:
            envelope = open_envelope(data, key)
        except (SealBroken, NotAnEnvelope):
            raise ChainBroken("an envelope is damaged") from None
        if (envelope.position, envelope.previous) != (len(self.held), self.last):
            raise ChainBroken("an envelope is missing")
        held = Held(
            envelope.position, envelope.table, envelope.period, envelope.octets, envelope.sha256
        )
        return Chain(self.inode, (*self.held, held), (*self.digests, digest_of(data)))
