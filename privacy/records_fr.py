"""The columns of `records.py` in French: meaning and purpose, for the pages and the documents. Pure.

`tests/privacy/test_memory.py` fails if a column has no line here, or a line no column.
"""

from typing import Final

SLICE_FR: Final[dict[str, tuple[str, str]]] = {
    "minute": ("Début de la minute d'horloge de la tranche.", "emploi du temps"),
    "flow": (
        "Nombre tiré au hasard qui relie les tranches d'un même flux ; il ne dérive de rien.",
        "comportement sur plusieurs minutes",
    ),
    "zone": ("Zone déclarée par l'établissement, ou « hors zones ».", "lieu"),
    "device": (
        "Pseudonyme : empreinte à clé de l'adresse MAC (de l'adresse IP quand plus de quatre sont derrière une même MAC) ; la clé est détruite après la journée. Vide là où la zone ne compte pas les appareils.",
        "compter les appareils d'une même journée",
    ),
    "ip_version": ("Version d'IP.", "parc"),
    "transport": ("Transport : tcp, udp, icmp ou autre.", "classement"),
    "server_port": ("Port du côté qui répond ; 0 là où il n'y en a pas.", "classement"),
    "site": (
        "Nom réduit : le plus long suffixe connu du catalogue, sinon le domaine enregistrable.",
        "catégorie",
    ),
    "site_source": ("D'où vient le nom du site.", "solidité de l'indice"),
    "ech": (
        "Le client a chiffré le début de la connexion : le nom vu est un nom d'emprunt, donc un indice faible.",
        "indice",
    ),
    "list_category": (
        "Catégorie du nom complet dans les listes importées, cherchée en mémoire à la capture.",
        "catégorie des sites inconnus",
    ),
    "app": ("Protocole reconnu à ses premiers octets.", "catégorie de ce qui n'a pas de nom"),
    "up_bytes": ("Octets IP sortis de l'établissement, en-têtes compris.", "charge en envoi"),
    "down_bytes": ("Octets IP entrés dans l'établissement, en-têtes compris.", "charge"),
    "up_packets": ("Paquets sortis de l'établissement.", "comportement en envoi"),
    "down_packets": ("Paquets entrés dans l'établissement.", "comportement en réception"),
    "active_s": ("Secondes de la tranche où un paquet est passé.", "régulier ou par à-coups"),
    "down_peak_bytes_s": (
        "Plus grand nombre d'octets reçus en une seconde de la tranche.",
        "à-coups",
    ),
    "down_sumsq_bytes_s": (
        "Somme, sur les secondes de la tranche, du carré des octets reçus.",
        "régularité",
    ),
    "age_s": (
        "Secondes entre le premier paquet du flux et le début de la tranche, 0 dans la première.",
        "flux longs",
    ),
    "end_reason": (
        "Pourquoi le flux a pris fin dans cette tranche ; vide tant qu'il dure.",
        "comptabilité",
    ),
}

LINK_FR: Final[dict[str, tuple[str, str]]] = {
    "start": ("Début des dix secondes.", "charge par créneau"),
    "interface": ("Interface ou fichier lu.", "source"),
    "line": ("Ligne Internet mesurée.", "débit souscrit"),
    "counter_up_bytes": (
        "Octets sortis d'après les compteurs de l'interface ; vide pour un fichier ou une copie de port.",
        "charge, indépendante de la capture",
    ),
    "counter_down_bytes": (
        "Octets entrés d'après les compteurs de l'interface ; vide pour un fichier ou une copie de port.",
        "charge, indépendante de la capture, autre sens",
    ),
    "up_bytes": ("Octets IP sortis que le compteur a vus.", "couverture"),
    "down_bytes": ("Octets IP entrés que le compteur a vus.", "couverture, autre sens"),
    "local_bytes": (
        "Octets IP restés à l'intérieur, ou diffusés : ils n'ont pas franchi la ligne.",
        "fermer les totaux",
    ),
    "offered": ("Paquets présentés à la capture.", "bilan"),
    "parsed": ("Paquets comptés.", "bilan : comptés"),
    "rejected_truncated": ("Paquets non comptés : tronqués.", "bilan : refusés"),
    "rejected_not_ip": ("Paquets non comptés : pas de l'IP.", "bilan : refusés"),
    "rejected_bad_link": (
        "Paquets non comptés : en-tête de liaison incohérent.",
        "bilan : refusés",
    ),
    "rejected_bad_ip": ("Paquets non comptés : en-tête IP incohérent.", "bilan : refusés"),
    "rejected_unknown_link": ("Paquets non comptés : liaison inconnue.", "bilan : refusés"),
    "kernel_drops": ("Paquets perdus par le noyau, anneau plein.", "bilan : perdus"),
    "shed": ("Paquets abandonnés volontairement.", "bilan : abandonnés"),
    "flows_in_table": ("Flux en cours dans la table.", "santé"),
    "degraded": ("La table était pleine : des flux ont été fermés plus tôt.", "doute"),
    "outage_ms": (
        "Temps des dix secondes où l'interface était absente : rien n'a été mesuré.",
        "un trou est un manque, jamais zéro",
    ),
    "config_digest": (
        "Les 16 premiers chiffres de l'empreinte de la configuration en vigueur.",
        "affiché = appliqué",
    ),
}
