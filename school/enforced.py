"""What is enforced: one frozen object made from the declared files, and its digest. Pure.

Everything that classifies, counts, keeps, publishes or explains takes what it needs from here, and
everything that leaves (release, sealed document, answer, page, paper) carries `digest`. No option
of a command and no variable of the environment enters it: to change a value, change its file.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from privacy import canonical
from privacy.policy import policy_digest
from privacy.settings import PrivacySettings
from privacy.terms import SlotTerms, Terms, ZoneTerms
from school.calendar import Calendar
from school.catalogue import Catalogue, catalogue_digest
from school.load import School
from school.zones import Zones


@dataclass(frozen=True, slots=True)
class Enforced:
    """The policy in force."""

    school: School
    """Zones, lines, calendar, charter, services, settings, as declared."""
    catalogue: Catalogue
    """What names are: shipped, under what the school says."""
    terms: Terms
    """What of it a DPO acknowledges."""
    parts: Mapping[str, str]
    """Digest of each part (`privacy.policy.PARTS`)."""
    digest: str
    """Of all parts, 64 hex digits."""

    @property
    def settings(self) -> PrivacySettings:
        """The privacy settings."""
        return self.school.privacy


def enforce(school: School, catalogue: Catalogue | None = None) -> Enforced:
    """Return what the declared files of a school put in force.

    Args:
        school: what is declared.
        catalogue: what names are; the shipped catalogue under what the school says without it.
    """
    names = catalogue if catalogue is not None else school.catalogue()
    terms = terms_of(school)
    parts = {
        "verdicts": school.charter_digest,
        "privacy": school.privacy_digest,
        "terms": terms.digest(),
        "catalogue": catalogue_digest(names),
        "lists": school.lists_digest,
        "school": canonical.digest(
            {
                "name": school.name,
                "uai": school.uai,
                "public_url": school.public_url,
                "contacts": school.contacts.model_dump(mode="json"),
            }
        ),
    }
    return Enforced(
        school=school,
        catalogue=names,
        terms=terms,
        parts=MappingProxyType(parts),
        digest=policy_digest(parts),
    )


def terms_of(school: School) -> Terms:
    """Return what a DPO acknowledges of a school's declarations."""
    settings = school.privacy
    return Terms(
        settings=settings,
        inside=canonical.digest(sorted(map(str, school.zones.inside))),
        zones=_zones(school.zones),
        slots=_slots(school.calendar, settings.floor_persons),
        services=tuple(sorted(school.services.follow)),
    )


def _zones(zones: Zones) -> tuple[ZoneTerms, ...]:
    return tuple(
        ZoneTerms(
            name=zone.name,
            persons=zone.persons,
            measured=zone.measured,
            counts_devices=zone.counts_devices,
            published_in=zone.published_in,
            places=canonical.digest([sorted(map(str, zone.subnets)), sorted(zone.vlans)]),
        )
        for zone in sorted(zones, key=lambda zone: zone.name)
    )


def _slots(calendar: Calendar, floor_persons: int) -> tuple[SlotTerms, ...]:
    """Return the slots with figures of their own: those of the floor's size."""
    return tuple(
        SlotTerms(
            name=slot.name,
            times=f"{' '.join(slot.days)} {slot.from_to[0]}-{slot.from_to[1]}",
            persons=slot.persons,
        )
        for slot in sorted(calendar.slots, key=lambda slot: slot.name)
        if slot.persons >= floor_persons
    )
