"""Small shapes that several declared files share. Pure."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

STRICT = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)
"""A key that nobody knows is an error: a misspelt rule must not be silently without effect."""

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]
"""Names of zones, lines and rules: they become keys of releases."""
SlotName = Annotated[str, StringConstraints(pattern=r"^\w[\w .-]{0,19}$")]
Text = Annotated[str, StringConstraints(min_length=1, max_length=1000)]


class Label(BaseModel):
    """A text in both languages: what is displayed must be readable by everybody it concerns."""

    model_config = STRICT

    fr: Text
    en: Text

    def as_dict(self) -> dict[str, str]:
        """Return `{"fr": …, "en": …}`."""
        return {"fr": self.fr, "en": self.en}

    def in_language(self, lang: str) -> str:
        """Return the French text, or the English one for `en`."""
        return self.en if lang == "en" else self.fr
