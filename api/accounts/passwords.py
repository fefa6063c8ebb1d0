"""Passwords: what is admitted (NIST SP 800-63B, ANSSI), and Argon2id. Pure but for the salt.

Length and "not one that everybody tries", no rule about kinds of characters, no expiry. The common
ones are recognised by their parts instead of a list of millions: words that such lists are made
of, keyboard rows, sequences, the account's and the school's own words.
"""

import re
import unicodedata
from collections.abc import Iterable
from itertools import pairwise
from typing import Final, Literal

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

LEAST: Final = 12
"""ANSSI's least length for an account that is throttled."""
MOST: Final = 128
"""NIST asks for 64 at least; a longer one would only cost time."""
MEMORY_KIB: Final = 19_456
"""OWASP's least for Argon2id: 19 MiB, two passes, one lane."""
LEAST_OWN: Final = 5
"""Characters that must remain when all that is common is taken away."""
LEAST_DISTINCT: Final = 5

Weakness = Literal["short", "long", "common", "sequence"]

_COMMON: Final = [
    "password",
    "passwort",
    "motdepasse",
    "motdepass",
    "mdp",
    "azerty",
    "qwerty",
    "azertyuiop",
    "qwertyuiop",
    "qsdfghjklm",
    "asdfghjkl",
    "wxcvbn",
    "zxcvbn",
    "admin",
    "administrateur",
    "administrator",
    "root",
    "user",
    "utilisateur",
    "welcome",
    "bienvenue",
    "bonjour",
    "salut",
    "hello",
    "letmein",
    "soleil",
    "princesse",
    "princess",
    "chouchou",
    "doudou",
    "loulou",
    "iloveyou",
    "jetaime",
    "amour",
    "football",
    "marseille",
    "paris",
    "france",
    "monkey",
    "dragon",
    "superman",
    "batman",
    "pokemon",
    "starwars",
    "naruto",
    "shadow",
    "master",
    "sunshine",
    "secret",
    "changeme",
    "changezmoi",
    "ecole",
    "college",
    "lycee",
    "etablissement",
    "scolaire",
    "eleve",
    "eleves",
    "professeur",
    "prof",
    "profs",
    "direction",
    "intendance",
    "secretariat",
    "vie",
    "cdi",
    "cpe",
    "reseau",
    "internet",
    "wifi",
    "informatique",
    "numerique",
    "comite",
    "committee",
    "dpo",
    "dpd",
    "jauge",
    "janvier",
    "fevrier",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "aout",
    "septembre",
    "octobre",
    "novembre",
    "decembre",
    "printemps",
    "ete",
    "automne",
    "hiver",
    "spring",
    "summer",
    "autumn",
    "winter",
    "monday",
    "lundi",
    "mardi",
    "mercredi",
    "jeudi",
    "vendredi",
    "samedi",
    "dimanche",
    "abcdef",
    "abc",
    "test",
    "demo",
    "default",
    "defaut",
    "temporaire",
    "provisoire",
    "nouveau",
    "new",
    "login",
    "connexion",
]
_LEET: Final = str.maketrans("013457@$!", "oieastasi")
_HASHER: Final = PasswordHasher(time_cost=2, memory_cost=MEMORY_KIB, parallelism=1)


def weakness(password: str, own_words: Iterable[str] = ()) -> Weakness | None:
    """Say why a password is refused; None when it is admitted.

    Args:
        password: as typed.
        own_words: the account's name, the school's: they count as common.
    """
    text = _normal(password)
    if len(text) < LEAST:
        return "short"
    if len(text) > MOST:
        return "long"
    if _is_sequence(text):
        return "sequence"
    return "common" if _left_over(text, own_words) < LEAST_OWN else None


def _normal(password: str) -> str:
    return unicodedata.normalize("NFC", password)


def _is_sequence(text: str) -> bool:
    """Whether it has very few distinct characters, or mostly climbs or falls by one."""
    if len(set(text)) < LEAST_DISTINCT:
        return True
    steps = [ord(b) - ord(a) for a, b in pairwise(text)]
    return max(sum(step == each for step in steps) for each in (-1, 0, 1)) > 2 * len(steps) / 3


def _left_over(text: str, own_words: Iterable[str]) -> int:
    """Count the distinct characters that remain without what everybody tries."""
    plain = unicodedata.normalize("NFKD", text.casefold()).encode("ascii", "ignore").decode()
    years = re.sub(r"(?:19|20)\d\d|0?1234567890?|12345\d?|1234?|0{2,}|1{2,}", "", plain)
    least = len(text)
    for form in (years, years.translate(_LEET)):
        rest = form
        own = [word.casefold() for word in own_words if len(word) > 2]  # noqa: PLR2004 - not "de"
        for word in sorted({*_COMMON, *own}, key=len, reverse=True):
            rest = rest.replace(word, "")
        # A few signs around a common word ("Azerty123!") are no choice of one's own.
        least = min(
            least, len(set(re.sub(r"[^a-z]", "", rest))) + len(set(re.sub(r"[a-z!?.]", "", rest)))
        )
    return least if plain else LEAST_OWN


def make_hash(password: str) -> str:
    """Return the Argon2id hash; takes MEMORY_KIB while it runs."""
    return _HASHER.hash(_normal(password))


def is_right(stored: str | None, password: str) -> bool:
    """Say whether a password is the stored one; as long for an account that is not there."""
    try:
        return _HASHER.verify(stored or _NOBODY, _normal(password)[: MOST + 1]) and bool(stored)
    except (VerificationError, InvalidHashError):
        return False


_NOBODY: Final = _HASHER.hash("nobody's, and is_right() says no to it anyway")
