"""What people do and which names it shows on the wire: one table of activities.

An activity is what a person does (the label of the simulation); it does not know the catalogue, the
charter or the state of the line. Names are names only: no address of this file is ever looked up,
packets go to the benchmark and documentation ranges. Services that are in no catalogue live under
`example.com`, `example.net` and `example.org` (RFC 2606), so that they can belong to nobody.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Wire(StrEnum):
    """How a flow shows (or hides) its name."""

    TLS = "tls"  # TCP 443, name in the ClientHello
    QUIC = "quic"  # UDP 443, name in the Initial
    HTTP = "http"  # TCP 80, name in the Host header
    NTP = "ntp"  # UDP 123, name in the DNS answer only
    BARE = "bare"  # TCP 443 without any name
    PEER = "peer"  # UDP between peers, without any name


PORT: Final = {
    Wire.TLS: 443,
    Wire.QUIC: 443,
    Wire.HTTP: 80,
    Wire.NTP: 123,
    Wire.BARE: 443,
    Wire.PEER: 51413,
}
SOURCE: Final = {
    Wire.TLS: "tls_sni",
    Wire.QUIC: "quic_sni",
    Wire.HTTP: "http_host",
    Wire.NTP: "dns",
    Wire.BARE: "none",
    Wire.PEER: "none",
}
APP: Final = {Wire.PEER: "bittorrent"}


@dataclass(frozen=True, slots=True)
class Host:
    """One server name and how it is spoken to; `name` is None where the wire shows none."""

    name: str | None
    wire: Wire
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Activity:
    """What a person (or a machine) does for some minutes."""

    name: str
    hosts: tuple[Host, ...]
    minutes: float
    """Mean length of one spell."""
    down_kb_min: float
    """Mean kilobytes to the school in a minute of the main flow."""
    spread: float = 0.6
    """Sigma of the log-normal around it."""
    up_share: float = 0.04
    """Octets from the school for one to the school, beside the acknowledgements."""
    active_s: int = 10
    """Seconds of a minute in which packets pass."""
    side_flows: float = 0.7
    """Mean number of small flows beside the main one."""


def _hosts(wire: Wire, *names: str) -> tuple[Host, ...]:
    return tuple(Host(name, wire) for name in names)


def _tls(*names: str) -> tuple[Host, ...]:
    return _hosts(Wire.TLS, *names)


def _quic(*names: str) -> tuple[Host, ...]:
    return _hosts(Wire.QUIC, *names)


_UNLISTED = _tls(
    "cours.atelier-bois.example.org",
    "www.exercices-anglais.example.com",
    "ressources.club-sciences.example.org",
    "intranet.fournisseur.example.net",
    "photos.sortie-musee.example.com",
    "static.mesure-co2.example.net",
)

ACTIVITIES: Final[tuple[Activity, ...]] = (
    Activity(
        "ent",
        _tls("ent.iledefrance.fr", "lycee.ent.iledefrance.fr", "monlycee.net"),
        minutes=14,
        down_kb_min=420,
    ),
    Activity(
        "school_life",
        _tls("0000000a.index-education.net"),
        minutes=10,
        down_kb_min=160,
        up_share=0.1,
    ),
    Activity(
        "assessment",
        (*_tls("app.pix.fr", "learningapps.org"), *_quic("kahoot.it")),
        minutes=16,
        down_kb_min=260,
    ),
    Activity(
        "resource",
        (
            *_tls(
                "idp-auth.gar.education.fr",
                "www.lumni.fr",
                "eduscol.education.fr",
                "0000000a.esidoc.fr",
                "bordeaux.elea.apps.education.fr",
            ),
            *_quic("fr.wikipedia.org"),
        ),
        minutes=12,
        down_kb_min=900,
        spread=0.9,
    ),
    Activity(
        "textbook",
        _tls("www.lelivrescolaire.fr", "biblio.manuel-numerique.com", "www.belin-education.com"),
        minutes=18,
        down_kb_min=700,
    ),
    Activity(
        "tool",
        _tls("www.geogebra.org", "scratch.mit.edu", "capytale2.ac-paris.fr", "my.numworks.com"),
        minutes=20,
        down_kb_min=300,
    ),
    Activity(
        "collaborative",
        _tls("nuage.apps.education.fr", "digipad.app", "tubes.apps.education.fr"),
        minutes=15,
        down_kb_min=380,
        up_share=0.25,
    ),
    Activity(
        "orientation", _tls("www.onisep.fr", "www.parcoursup.fr"), minutes=12, down_kb_min=450
    ),
    Activity(
        "administration",
        _tls("www.education.gouv.fr", "teleservices.education.gouv.fr"),
        minutes=12,
        down_kb_min=220,
        up_share=0.15,
    ),
    Activity(
        "unlisted",
        (*_UNLISTED, Host("static.mesure-co2.example.net", Wire.HTTP)),
        minutes=10,
        down_kb_min=350,
    ),
    Activity("unnamed", (Host(None, Wire.BARE),), minutes=8, down_kb_min=280, side_flows=0.4),
    Activity(
        "social",
        (
            *_quic("www.instagram.com", "i.instagram.com", "www.facebook.com"),
            *_tls("www.tiktok.com", "app.snapchat.com"),
        ),
        minutes=7,
        down_kb_min=1500,
        spread=0.9,
    ),
    Activity(
        "messaging",
        _tls("web.whatsapp.com", "discord.com", "mmg.whatsapp.net"),
        minutes=9,
        down_kb_min=120,
        up_share=0.3,
    ),
    Activity(
        "shopping",
        _tls("www.vinted.fr", "www.leboncoin.fr", "www.amazon.fr"),
        minutes=8,
        down_kb_min=700,
    ),
    Activity(
        "press", _tls("www.lemonde.fr", "www.20minutes.fr", "www.lequipe.fr"), 7, down_kb_min=600
    ),
    Activity(
        "webmail", _tls("mail.google.com", "outlook.live.com"), 8, down_kb_min=180, up_share=0.3
    ),
    Activity(
        "video",
        (
            *_quic("www.youtube.com", "rr3---sn-25ge7nzs.googlevideo.com"),
            *_tls("www.netflix.com", "www.twitch.tv"),
        ),
        minutes=14,
        down_kb_min=5200,
        spread=0.5,
        up_share=0.01,
        active_s=16,
    ),
    Activity(
        "radio",
        _tls("icecast.radiofrance.fr", "scdn.nrjaudio.fm", "direct.fipradio.fr"),
        minutes=50,
        down_kb_min=490,
        spread=0.06,
        up_share=0.005,
        active_s=58,
        side_flows=0.2,
    ),
    Activity(
        "music",
        (*_tls("audio-ak-spotify-com.akamaized.net"), *_quic("open.spotify.com")),
        minutes=15,
        down_kb_min=700,
        active_s=6,
    ),
    Activity(
        "games",
        _tls("store.steampowered.com", "www.epicgames.com"),
        minutes=15,
        down_kb_min=420,
        active_s=40,
    ),
    Activity(
        "circumvention", _tls("nordvpn.com", "www.expressvpn.com"), 20, down_kb_min=900, active_s=30
    ),
    Activity(
        "peer_to_peer",
        (Host(None, Wire.PEER),),
        minutes=25,
        down_kb_min=1800,
        up_share=0.5,
        active_s=50,
        side_flows=3,
    ),
    Activity(
        "update",
        (
            *_hosts(Wire.HTTP, "tlu.dl.delivery.mp.microsoft.com"),
            *_tls("fe2cr.update.microsoft.com"),
        ),
        minutes=45,
        down_kb_min=1400,
        spread=0.35,
        up_share=0.002,
        active_s=55,
        side_flows=0.3,
    ),
    Activity(
        "upkeep",
        (
            Host("time.windows.com", Wire.NTP, 0.5),
            Host("ocsp.digicert.com", Wire.HTTP, 0.5),
            *_tls("firefox.settings.services.mozilla.com", "incoming.telemetry.mozilla.org"),
        ),
        minutes=1,
        down_kb_min=22,
        side_flows=0.0,
    ),
)

SIDE_HOSTS: Final[tuple[Host, ...]] = (
    *_tls("www.google-analytics.com", "securepubads.g.doubleclick.net", "fonts.gstatic.com"),
    *_quic("www.gstatic.com", "www.google.com"),
    Host(None, Wire.BARE, 0.8),
)
"""What pages fetch beside themselves: advertising, fonts, search boxes, servers without a name."""
SIDE_KB_MIN: Final = 60.0

BY_NAME: Final = {activity.name: number for number, activity in enumerate(ACTIVITIES)}
"""Activity name → its number in `ACTIVITIES`."""


def all_hosts() -> tuple[Host, ...]:
    """Return each (name, wire) once, in a stable order; flows refer to hosts by this number."""
    seen: dict[tuple[str | None, Wire], Host] = {}
    for host in (*(host for a in ACTIVITIES for host in a.hosts), *SIDE_HOSTS):
        seen.setdefault((host.name, host.wire), host)
    return tuple(seen.values())
