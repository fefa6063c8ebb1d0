"""What `jauge init` says: its questions, hints and ends, in both languages. Pure data."""

from typing import Final

QUESTIONS: Final = {
    "fr": {
        "name": "1/7  Nom de l'établissement",
        "uai": "2/7  Numéro UAI, sept chiffres et une lettre (Entrée : plus tard)",
        "kind": "3/7  Lycée, collège ou école (quelle charte de départ)",
        "holidays": "4/7  Vacances : zone A, B ou C (Corse, outre-mer : territoire et dates)",
        "interface": "5/7  Interface qui voit le trafic de l'établissement, du côté intérieur",
        "rate": "6/7  Débit souscrit, descendant/montant en Mbit/s (300/100)",
        "places": "7/7  Lieux : SORTE RÉSEAUX PERSONNES ; séparés par des points-virgules",
    },
    "en": {
        "name": "1/7  Name of the school",
        "uai": "2/7  Its national number (UAI), seven digits and a letter (Enter: later)",
        "kind": "3/7  lycee, college or ecole (which charter to start from)",
        "holidays": "4/7  School holidays: zone A, B or C (Corsica, overseas: territory and dates)",
        "interface": "5/7  Interface that sees the school's traffic, on the inside",
        "rate": "6/7  Subscribed rate, down/up in Mbit/s (300/100)",
        "places": "7/7  Places: KIND NETWORKS PERSONS; semicolons between them",
    },
}
HINTS: Final = {
    "fr": (
        "Sortes : salles, cdi, bureaux, vie-scolaire, internat, wifi, serveurs, invites.\n"
        "Exemple : salles 10.10.0.0/20 420; bureaux 10.30.0.0/24,vlan:30 48"
    ),
    "en": (
        "Kinds: classroom, library, office, student_life, boarding, wifi, server, guest.\n"
        "Example: classroom 10.10.0.0/20 420; office 10.30.0.0/24,vlan:30 48"
    ),
}
OUTSIDE: Final = {
    "fr": "{0} mène à Internet : dehors, tout le monde a la même adresse, et seule la charge de la "
    "ligne sera mesurée. Choisir l'interface intérieure si elle existe.",
    "en": "{0} leads to the Internet: outside, everybody has the same address, and only the load of "
    "the line will be measured. Choose the inside interface if there is one.",
}
