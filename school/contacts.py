"""`contacts.yaml`, optional: who answers for the measurement, and on which legal basis. Pure.

Printed on register, DPIA, notices and breach kit; used for nothing else. Functions, not persons'
names, are what belongs here: they outlive a change of staff. Without the file those documents say
plainly what the school has to fill in.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, StringConstraints

from school.declared import STRICT

FILE = "contacts.yaml"
Line = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]*$")]


class Contact(BaseModel):
    """An organisation or a function, and how to reach it."""

    model_config = STRICT

    name: Line
    address: Line | None = None
    phone: Line | None = None
    email: Annotated[str, StringConstraints(pattern=r"^[^@\s]{1,64}@[^@\s]{1,120}$")] | None = None

    def line(self) -> str:
        """Return everything on one line."""
        return ", ".join(part for part in (self.name, self.address, self.phone, self.email) if part)


class Contacts(BaseModel):
    """The file. A part that is left out prints as « à compléter »."""

    model_config = STRICT

    legal_basis: Literal["public_interest", "legitimate_interest"] | None = None
    """GDPR article 6(1)(e), a school with a mission of public interest, or 6(1)(f)."""
    legal_text: Line | None = None
    """The law or decree that gives the school this mission: GDPR article 6(3) asks for one under 6(1)(e)."""
    council_decision: Line | None = None
    """The decision of the school's governing body, with its date."""
    controller: Contact | None = None
    """Who decides: the head of school, or the authority above it."""
    joint_controller: Contact | None = None
    dpo: Contact | None = None
    processors: tuple[Contact, ...] = ()
    """Who works on the data on the school's behalf, such as whoever hosts the analyser."""


NO_CONTACTS = Contacts()
