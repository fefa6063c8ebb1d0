"""Checks of where the collector listens and what it sees. Pure."""

from typing import Final

from cli.diagnosis.facts import Facts
from cli.diagnosis.verdict import NO_STORE, PASSED, UNREAD, Check, Verdict, failed, skipped

ENOUGH_FRAMES: Final = 200
"""Fewer say nothing of what is missing: a calm line in the evening."""
MOST_DROPS: Final = 0.01
FRESH_S: Final = 15 * 60
NAMED_FLOOR: Final = 0.5
"""Under half of the octets named, figures of use say more about names than about use."""

_CALM: Final = skipped(
    "trop peu de trafic pour juger : recommencer pendant les cours",
    "too little traffic to judge: do it again during lessons",
)
_UNSEEN: Final = skipped(
    "aucun échantillon de trafic (être root, interface présente)",
    "no sample of traffic (be root, have the interface)",
)


def _edit(facts: Facts, what: str) -> str:
    return f"${{EDITOR:-nano}} {facts.school.directory}/collector.yaml  # {what}"


def there(facts: Facts) -> Verdict:
    """The interface of collector.yaml exists."""
    if facts.school.problems:
        return UNREAD
    name, found = facts.school.interface, facts.interface
    if name is None or found is None or not found.there:
        others = ", ".join(found.others) if found else ""
        said = name or "…"
        return failed(
            f"l'interface `{said}` n'existe pas ; cette machine a : {others}",
            f"there is no interface `{said}`; this machine has: {others}",
            _edit(facts, "interface: …"),
        )
    return PASSED


def up(facts: Facts) -> Verdict:
    """It is up."""
    if facts.interface is None or not facts.interface.there:
        return _UNSEEN
    if facts.interface.up:
        return PASSED
    name = facts.school.interface
    return failed(f"{name} est éteinte", f"{name} is down", f"ip link set dev {name} up")


def permission(facts: Facts) -> Verdict:
    """Somebody may capture: this user, or the unit."""
    if facts.machine.may_capture:
        return PASSED
    return failed(
        "ni cet utilisateur ni le service ne peuvent écouter (CAP_NET_RAW)",
        "neither this user nor the service may capture (CAP_NET_RAW)",
        "systemctl enable --now jauge-collector.service",
    )


def inside_nat(facts: Facts) -> Verdict:
    """The collector stands inside the address translation: more than one address talks."""
    found, traffic = facts.interface, facts.traffic
    if found is not None and found.uplink:
        return failed(
            f"{facts.school.interface} mène à Internet : le collecteur est hors du NAT, toute l'école y a "
            "une seule adresse, et seule la charge de la ligne est publiée",
            f"{facts.school.interface} leads to the Internet: the collector is outside the NAT, where the "
            "whole school has one address, and only the load of the line is published",
            _edit(facts, "interface: (inside), side: lan"),
        )
    if traffic is None:
        return _UNSEEN
    if traffic.frames < ENOUGH_FRAMES:
        return _CALM
    if traffic.inside > 1:
        return PASSED
    if traffic.inside == 0:
        return failed(
            "aucune adresse de `inside` (zones.yaml) ne parle avec l'extérieur sur cette interface",
            "no address of `inside` (zones.yaml) talks with the outside on this interface",
            f"${{EDITOR:-nano}} {facts.school.directory}/zones.yaml  # inside: […]",
        )
    return failed(
        "une seule adresse intérieure pour tout le monde : le collecteur est hors du NAT (ou derrière un "
        "second), et seule la charge de la ligne est publiée",
        "one single inside address for everybody: the collector is outside the NAT (or behind a second "
        "one), and only the load of the line is published",
        _edit(facts, "interface: (inside), side: lan"),
    )


def both_ways(facts: Facts) -> Verdict:
    """A mirror shows both directions."""
    counts = _directions(facts)
    if counts is None:
        return _UNSEEN if facts.traffic is None else _CALM
    sent, received = counts
    if sent and received:
        return PASSED
    fr, en = ("montant", "upstream") if sent else ("descendant", "downstream")
    return failed(
        f"le port miroir ne montre qu'un sens, le trafic {fr} : la moitié de chaque flux manque",
        f"the mirror shows one direction only, {en} traffic: half of each flow is missing",
        "monitor session 1 source interface … both  # on the switch; then: jauge doctor",
    )


def _directions(facts: Facts) -> tuple[int, int] | None:
    """Return packets up and down of the sample, else octets of the stored rows; None: too little."""
    if facts.traffic is not None and facts.traffic.up + facts.traffic.down >= ENOUGH_FRAMES:
        return facts.traffic.up, facts.traffic.down
    if facts.link is not None and facts.link.offered >= ENOUGH_FRAMES:
        return facts.link.up_bytes, facts.link.down_bytes
    return None


def several(facts: Facts) -> Verdict:
    """More than one machine is seen: a switch really mirrors."""
    if facts.traffic is None:
        return _UNSEEN
    if facts.traffic.frames < ENOUGH_FRAMES:
        return _CALM
    if facts.traffic.senders > 1:
        return PASSED
    return failed(
        "une seule machine émet sur cette interface : le port ne reçoit pas de copie du trafic",
        "one single machine sends on this interface: the port gets no copy of the traffic",
        "monitor session 1 destination interface …  # on the switch; then: jauge doctor",
    )


def tags(facts: Facts) -> Verdict:
    """Where zones are VLANs, the tags arrive."""
    if facts.school.problems:
        return UNREAD
    if not facts.school.vlans:
        return PASSED
    if facts.traffic is None:
        return _UNSEEN
    if facts.traffic.frames < ENOUGH_FRAMES:
        return _CALM
    if facts.traffic.tagged:
        return PASSED
    return failed(
        "zones.yaml nomme des VLAN, mais aucune trame n'en porte : les zones seraient vides",
        "zones.yaml names VLANs, but no frame bears one: those zones would be empty",
        "monitor session 1 destination interface … encapsulation replicate  # on the switch",
    )


def drops(facts: Facts) -> Verdict:
    """The kernel dropped less than one packet of a hundred."""
    if facts.link is None or not facts.link.offered:
        return NO_STORE
    share = facts.link.dropped / facts.link.offered
    if share < MOST_DROPS:
        return PASSED
    return failed(
        f"le noyau a perdu {share:.1%} des paquets du dernier jour",
        f"the kernel dropped {share:.1%} of the last day's packets",
        "systemctl set-property jauge-collector.service CPUWeight=1000",
    )


def fresh(facts: Facts) -> Verdict:
    """Something was written in the last quarter of an hour."""
    if facts.link is None or facts.link.written_s_ago is None:
        return NO_STORE
    if facts.link.written_s_ago < FRESH_S:
        return PASSED
    minutes = facts.link.written_s_ago // 60
    return failed(
        f"rien n'a été écrit depuis {minutes} minutes",
        f"nothing was written for {minutes} minutes",
        "systemctl restart jauge-collector.service && journalctl -u jauge-collector -n 20",
    )


def named(facts: Facts) -> Verdict:
    """Enough of the traffic has a name."""
    if facts.store is None or facts.store.named_share is None:
        return NO_STORE
    if facts.store.named_share >= NAMED_FLOOR:
        return PASSED
    return failed(
        f"{facts.store.named_share:.0%} seulement des octets ont un nom de service",
        f"only {facts.store.named_share:.0%} of the octets bear the name of a service",
        "jauge listen --dns-log … --help  # docs/names.md: where names come from",
    )


CHECKS: Final = (
    Check("interface", "interface présente", "interface there", there),
    Check("interface-up", "interface allumée", "interface up", up),
    Check("permission", "droit d'écouter", "permission to capture", permission),
    Check("inside-nat", "du côté intérieur du NAT", "inside the NAT", inside_nat),
    Check("both-ways", "les deux sens du trafic", "both directions", both_ways),
    Check("several-machines", "plusieurs machines vues", "several machines seen", several),
    Check("vlan-tags", "étiquettes de VLAN", "VLAN tags", tags),
    Check("drops", "pertes du noyau < 1 %", "kernel drops < 1 %", drops),
    Check("fresh", "écriture récente", "written lately", fresh),
    Check("named", "part du trafic nommée", "share of traffic named", named),
)
