"""Checks of the store, the machine and its services. Pure."""

from typing import Final

from cli.diagnosis.facts import Facts
from cli.diagnosis.verdict import (
    NO_STORE,
    NO_SYSTEMD,
    PASSED,
    UNREAD,
    Check,
    Verdict,
    failed,
    skipped,
)

LEAST_DAYS_LEFT: Final = 14
OLD_LISTS_DAYS: Final = 30
MOST_SCORE: Final = 2.0


def readable(facts: Facts) -> Verdict:
    """The store's manifest and records are of a version that is known here."""
    if facts.store is None:
        return NO_STORE
    if not facts.store.refused:
        return PASSED
    where = facts.store.directory
    if facts.store.missing:
        services = facts.machine.units
        start = f"jauge capture --store {where} --school {facts.school.directory}"
        return failed(
            f"{where} n'existe pas : chemin mal tapé, ou le collecteur n'a jamais tourné",
            f"{where} does not exist: a mistyped path, or the collector never ran",
            "systemctl enable --now jauge-collector.service" if services else start,
        )
    return failed(
        f"{where} n'est pas lisible : {facts.store.refused}",
        f"{where} cannot be read: {facts.store.refused}",
        f"jauge store status --store {where}",
    )


def room(facts: Facts) -> Verdict:
    """The disk lasts two weeks more at the present rate."""
    store = facts.store
    if store is None or store.refused or not store.days:
        return NO_STORE
    left = store.bytes_free // max(1, store.bytes_a_day)
    if left >= LEAST_DAYS_LEFT:
        return PASSED
    return failed(
        f"le disque sera plein dans {left} jours à ce rythme",
        f"the disk will be full in {left} days at this rate",
        f"du -xh --max-depth=2 {store.directory} | sort -h | tail",
    )


def acknowledged(facts: Facts) -> Verdict:
    """The DPO acknowledged k, shares and retention as they are declared now."""
    if facts.store is None or facts.store.refused:
        return NO_STORE
    if facts.school.problems:
        return UNREAD
    if facts.store.acknowledged:
        return PASSED
    return failed(
        "le DPD n'a pas confirmé les réglages en vigueur : seule la charge de la ligne est comptée",
        "the DPO has not acknowledged the settings in force: only the load of the line is counted",
        f"jauge privacy propose /tmp/proposal.json --store {facts.store.directory} --school {facts.school.directory}",
    )


def closed(facts: Facts) -> Verdict:
    """Slices, keys and the machine's secret cannot be opened by other users, the pages' one included."""
    if facts.store is None or facts.store.missing:
        return NO_STORE
    found = facts.store.open_paths
    if not found:
        return PASSED
    return failed(
        f"{len(found)} chemins privés sont ouverts à d'autres utilisateurs, dont {found[0]}",
        f"{len(found)} private paths are open to other users, {found[0]} among them",
        f"chmod -R go-rwx {' '.join(found[:3])}",
    )


def rotated(facts: Facts) -> Verdict:
    """No day's key outlives the retention: erased days stay erased."""
    if facts.store is None or facts.store.refused:
        return NO_STORE
    if not facts.store.old_keys:
        return PASSED
    return failed(
        f"{facts.store.old_keys} clés de jours dépassent la durée de conservation",
        f"{facts.store.old_keys} keys of days are older than the retention allows",
        f"jauge purge --store {facts.store.directory} --school {facts.school.directory}",
    )


def lists(facts: Facts) -> Verdict:
    """Imported lists are younger than a month."""
    found = facts.lists
    if found is None:
        return skipped("aucune liste demandée", "no lists were asked for")
    if found.refused or found.age_days is None:
        return failed(
            f"{found.file} : {found.refused or 'sans date'}",
            f"{found.file}: {found.refused or 'without a date'}",
            f"jauge lists update --target {found.file}",
        )
    if found.age_days < OLD_LISTS_DAYS:
        return PASSED
    return failed(
        f"les listes ont {found.age_days} jours",
        f"the lists are {found.age_days} days old",
        f"jauge lists update --target {found.file}",
    )


def clock(facts: Facts) -> Verdict:
    """The clock follows a time server."""
    synchronised = facts.machine.clock_synchronised
    if synchronised is None:
        return skipped("le noyau ne le dit pas", "the kernel does not say")
    if synchronised:
        return PASSED
    return failed(
        "l'horloge ne suit aucun serveur de temps : créneaux et effacements en dépendent",
        "the clock follows no time server: slots and erasure depend on it",
        "apt-get install systemd-timesyncd && timedatectl set-ntp true",
    )


def swap(facts: Facts) -> Verdict:
    """Memory with names in it is written to no disk in clear."""
    if not facts.machine.swap_in_clear:
        return PASSED
    return failed(
        "le fichier d'échange (swap) n'est pas chiffré",
        "the swap is not encrypted",
        "swapoff -a && sed -i '/\\sswap\\s/s/^/#/' /etc/fstab",
    )


def running(facts: Facts) -> Verdict:
    """The services run."""
    units = facts.machine.units
    if not units:
        return NO_SYSTEMD
    down = [unit.name for unit in units if unit.wanted and unit.active is False]
    if not down:
        return PASSED
    names = " ".join(down)
    return failed(
        f"services arrêtés : {names}",
        f"services that do not run: {names}",
        f"systemctl enable --now {names}",
    )


def hardened(facts: Facts) -> Verdict:
    """No unit is more exposed than 2.0 on systemd's own scale."""
    units = facts.machine.units
    scored = [unit for unit in units or () if unit.score is not None]
    if not scored:
        return NO_SYSTEMD
    weak = [unit for unit in scored if unit.score is not None and unit.score > MOST_SCORE]
    if not weak:
        return PASSED
    names = ", ".join(f"{unit.name} {unit.score}" for unit in weak)
    return failed(
        f"services trop exposés (au plus {MOST_SCORE}) : {names}",
        f"services too exposed (at most {MOST_SCORE}): {names}",
        f"systemctl revert {' '.join(unit.name for unit in weak)} && systemctl daemon-reload",
    )


def silent(facts: Facts) -> Verdict:
    """Collector and analyzer sent nothing to the network since they started."""
    if not facts.machine.units:
        return NO_SYSTEMD
    counted = [unit for unit in facts.machine.units if unit.sent_packets is not None]
    if not counted:
        return skipped(
            "systemd ne compte pas les paquets des services sur cette machine (BPF)",
            "systemd does not count the services' packets on this machine (BPF)",
        )
    loud = [unit.name for unit in counted if unit.sent_packets]
    if not loud:
        return PASSED
    names = " ".join(loud)
    return failed(
        f"des paquets sont partis de : {names}",
        f"packets were sent by: {names}",
        f"systemctl cat {names} | grep -i ipaddress",
    )


def discreet(facts: Facts) -> Verdict:
    """No address stands in the services' journal."""
    count = facts.machine.lines_with_addresses
    if count is None:
        return skipped("le journal n'est pas lisible", "the journal cannot be read")
    if not count:
        return PASSED
    return failed(
        f"{count} lignes du journal de Jauge portent une adresse : à signaler, puis à effacer",
        f"{count} lines of Jauge's journal hold an address: report it, then erase them",
        "journalctl --rotate && journalctl --vacuum-time=1s",
    )


def minimised(facts: Facts) -> Verdict:
    """No address stands in a footer, where statistics of columns would be in clear, nor in a release."""
    if facts.store is None or facts.store.refused:
        return NO_STORE
    count = facts.store.addresses_kept
    if not count:
        return PASSED
    return failed(
        f"{count} adresses se trouvent dans des fichiers écrits ou publiés : arrêter, puis prévenir le DPD",
        f"{count} addresses stand in stored or published files: stop, then tell the DPO",
        "systemctl stop jauge-collector.service jauge-web.service  # docs/dpd.md",
    )


CHECKS: Final = (
    Check("readable", "données lisibles", "data readable", readable),
    Check("room", "place sur le disque", "room on the disk", room),
    Check("acknowledged", "réglages confirmés par le DPD", "settings acknowledged", acknowledged),
    Check("closed", "données et clés fermées", "data and keys closed", closed),
    Check("rotated", "clés effacées à temps", "keys erased in time", rotated),
    Check("lists", "listes récentes", "lists recent", lists),
    Check("clock", "horloge à l'heure", "clock right", clock),
    Check("swap", "échange chiffré ou absent", "swap encrypted or absent", swap),
    Check("running", "services en marche", "services running", running),
    Check("hardened", "services cloisonnés", "services confined", hardened),
    Check("silent", "rien n'est envoyé", "nothing is sent", silent),
    Check("discreet", "aucune adresse dans le journal", "no address in the journal", discreet),
    Check(
        "minimised",
        "aucune adresse écrite ou publiée",
        "no address stored or published",
        minimised,
    ),
)
