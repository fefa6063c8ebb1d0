"""The policy digest: one number for everything that is enforced, and the check that papers agree. Pure.

    policy = SHA-256 of {"format": 1, "parts": {name of the part: its digest}}

`school.enforced` makes the parts from the declared files. The sealed document `privacy` carries
them, so that who serves can recompute the digest and compare each part that it shows with what the
documents say. Releases carry the digest under which they were drawn: an earlier one is no fault.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from privacy import canonical

FORMAT: Final = 1
SHOWN: Final = 16
"""Hex digits on pages, in the header `Jauge-Policy` and on paper."""
VERDICTS: Final = "verdicts"
"""Part: everything that decides a verdict; the digest of the document `charter`."""
PRIVACY: Final = "privacy"
"""Part: the privacy settings; the digest of the document `privacy`."""
PARTS: Final = (VERDICTS, PRIVACY, "terms", "catalogue", "lists", "school")
GENERATED: Final = ("register", "dpia", "notice-adults", "notice-pupils", "breach")
"""Documents made from the policy, that a store may have beside the four that every page reads."""
_DIGEST: Final = re.compile("[0-9a-f]{64}")


class PolicyMismatch(Exception):
    """Sealed documents that do not belong to one policy. Says which."""


def policy_digest(parts: Mapping[str, str]) -> str:
    """Return the digest of a policy from the digests of its parts.

    Raises:
        ValueError: a part is missing, unknown, or no digest.
    """
    if parts.keys() != set(PARTS) or not all(_DIGEST.fullmatch(each) for each in parts.values()):
        raise ValueError(f"the parts of a policy are {', '.join(PARTS)}")
    return canonical.digest({"format": FORMAT, "parts": dict(parts)})


def check_documents(documents: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the policy that all documents belong to, after recomputing what can be recomputed.

    Args:
        documents: name → payload; `charter` and `privacy` among them.

    Raises:
        PolicyMismatch: a document belongs to another policy, or the digest is not that of its parts.
        KeyError: `charter` or `privacy` is not there.
    """
    privacy, charter = documents["privacy"], documents["charter"]
    try:
        policy = policy_digest(privacy["policy_parts"])
    except (KeyError, ValueError, TypeError, AttributeError):
        raise PolicyMismatch("privacy: no parts of a policy") from None
    for name, payload in documents.items():
        if payload.get("policy") != policy:
            raise PolicyMismatch(f"{name}: made under another policy")
    parts = privacy["policy_parts"]
    settings = privacy.get("settings")
    if not parts[PRIVACY] == privacy.get("digest") == canonical.digest(settings):
        raise PolicyMismatch("privacy: its settings are not those of the policy")
    if parts[VERDICTS] != charter.get("digest"):
        raise PolicyMismatch("charter: not that of the policy")
    return policy
