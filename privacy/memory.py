"""What a collector sees in memory and drops: the other half of `records.py`. Pure.

One line per kind of thing that passes through the parsers and is written nowhere. `fields` names the
places in the collector where it stands (`tests/privacy/test_memory.py` holds them against the
parsers' own records: a field that nobody declared here turns it red), `becomes` the stored columns
that are computed from it. Pages, DPIA and notices print this table.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Seen:
    """One kind of thing that is seen and dropped."""

    name: str
    what: str
    """English."""
    what_fr: str
    until: str
    """How long it stays in memory. English."""
    until_fr: str
    becomes: tuple[str, ...]
    """Columns of the slice that are computed from it; none: nothing of it remains."""
    fields: tuple[str, ...] = ()
    """`record.field` of the collector's memory."""
    canaries: tuple[str, ...] = ()
    """The planted traits of tests/canary that stand for it."""


SEEN: Final[tuple[Seen, ...]] = (
    Seen(
        "mac",
        "MAC addresses of the devices",
        "Adresses MAC des appareils",
        "until the device's day ends; memory of the meter only",
        "jusqu'à la fin de la journée de l'appareil, dans la seule mémoire du compteur",
        ("device",),
        (
            "DEVICE.mac", "DEVICE.kind", "ExportedFlow.source_mac", "ExportedFlow.target_mac",
        ),
        ("mac",),
    ),
    Seen(
        "address",
        "IP addresses of devices and servers",
        "Adresses IP des appareils et des serveurs",
        "until the flow ends; answers of DNS an hour at most",
        "jusqu'à la fin du flux ; une heure au plus pour les réponses DNS",
        ("zone", "device", "ip_version"),
        (
            "FLOW.lo_hi", "FLOW.lo_lo", "FLOW.hi_hi", "FLOW.hi_lo", "FLOW.hash",
            "DEVICE.key_hi", "DEVICE.key_lo", "DEVICE.address", "DEVICE.addresses", "DNS.key",
            "FRAGMENT.key", "ExportedFlow.source", "ExportedFlow.target", "Question.client",
            "Answer.client", "Answer.address", "Record.address", "Request.client", "Request.peer",
        ),
        ("client_v4", "client_v6", "server_v4", "server_v6"),
    ),
    Seen(
        "port",
        "Ports of both sides",
        "Ports des deux côtés",
        "until the flow ends",
        "jusqu'à la fin du flux",
        ("server_port",),
        (
            "FLOW.lo_port", "FLOW.hi_port", "FRAGMENT.source", "FRAGMENT.destination",
            "ExportedFlow.source_port", "ExportedFlow.target_port",
        ),
    ),
    Seen(
        "vlan",
        "VLAN tags",
        "Étiquettes de VLAN",
        "until the flow ends",
        "jusqu'à la fin du flux",
        ("zone",),
        ("FLOW.vlan", "ExportedFlow.vlan"),
    ),
    Seen(
        "host_name",
        "Full host names (TLS, QUIC, HTTP, DNS, logs of name servers and proxies)",
        "Noms d'hôtes complets (TLS, QUIC, HTTP, DNS, journaux des serveurs de noms et mandataires)",
        "until it is reduced, some seconds; after that a 64-bit hash, until the name is no longer used",
        "quelques secondes, jusqu'à la réduction ; ensuite une empreinte de 64 bits, tant que le nom sert",
        ("site", "list_category"),
        (
            "PENDING.offset", "PENDING.length", "NAME.hash", "Question.name", "Record.name",
            "Record.alias_of", "Request.name", "ExportedFlow.name",
        ),
        ("host_label",),
    ),
    Seen(
        "hello",
        "First octets of a connection (TLS and QUIC hellos), put together to find the name",
        "Premiers octets d'une connexion (TLS et QUIC), assemblés pour y lire le nom",
        "30 seconds at most",
        "30 secondes au plus",
        ("site_source", "ech"),
        ("REASSEMBLY.start", "REASSEMBLY.stop", "QUIC.length"),
    ),
    Seen(
        "url",
        "Address of the page within the site (URL path and query)",
        "Adresse de la page dans le site (chemin et paramètres de l'URL)",
        "while the packet is looked at; never taken out of it",
        "le temps de regarder le paquet ; jamais extraite",
        (),
        (),
        ("path",),
    ),
    Seen(
        "user_agent",
        "Name of the browser or program (User-Agent)",
        "Nom du navigateur ou du programme (User-Agent)",
        "while the packet is looked at; never taken out of it",
        "le temps de regarder le paquet ; jamais extrait",
        (),
        (),
        ("user_agent",),
    ),
    Seen(
        "cookie",
        "Cookies, credentials, searches, and whatever else is in a page sent in clear",
        "Cookies, identifiants, recherches et tout autre contenu d'une page non chiffrée",
        "while the packet is looked at; never taken out of it",
        "le temps de regarder le paquet ; jamais extraits",
        (),
        (),
        ("cookie",),
    ),
    Seen(
        "payload",
        "Content of the packets (their first octets are compared with known protocols)",
        "Contenu des paquets (leurs premiers octets sont comparés aux protocoles connus)",
        "while the packet is looked at",
        "le temps de regarder le paquet",
        ("app",),
        ("FLOW.mark", "FLOW.sign", "FLOW.sign_from", "FLOW.looks"),
    ),
    Seen(
        "packet_time",
        "Time and size of each packet",
        "Heure et taille de chaque paquet",
        "until they are added up, a minute at most; of the flow, its first and last packet",
        "jusqu'à leur addition, une minute au plus ; du flux, son premier et son dernier paquet",
        ("minute", "active_s", "down_peak_bytes_s", "down_sumsq_bytes_s", "age_s"),
        (
            "FLOW.last_us", "FLOW.first_us", "FLOW.slice_us", "FLOW.second", "FLOW.second_down",
            "ExportedFlow.start_ms", "ExportedFlow.end_ms", "Request.start_ms", "Request.end_ms",
            "REASSEMBLY.since_us",
        ),
    ),
    Seen(
        "sequence",
        "Sequence numbers and flags of TCP, serial numbers of DNS questions",
        "Numéros de séquence et drapeaux de TCP, numéros des questions DNS",
        "until the flow ends",
        "jusqu'à la fin du flux",
        ("end_reason",),
        ("FLOW.base_lo", "FLOW.base_hi", "FLOW.fin", "Question.serial", "Answer.serial"),
    ),
)  # fmt: skip
"""Most identifying first."""
