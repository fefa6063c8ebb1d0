"""A15: Anonymeter on microdata made from published tables. Not run: it needs an environment of its own.

Anonymeter 1.1.0 pins NumPy below 1.27 and pyarrow below 22; this product needs later ones. The report says
so instead of leaving the line out.
"""

from typing import Final

from audit.attack import Attack

ATTACK: Final = Attack(
    "A15",
    "Grille du G29 (Anonymeter)",
    "Isoler, relier, déduire à partir de microdonnées synthétiques.",
    None,
    needs="nothing",
    not_run="Anonymeter n'est pas installé : il exige d'anciennes versions de NumPy et de pyarrow",
)
