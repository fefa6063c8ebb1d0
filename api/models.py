"""The shapes of the API's answers, for the contract (docs/openapi.json). Bodies are built elsewhere.

Shapes only grow within `/api/v1`: a field that was there stays and keeps its meaning.
"""

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.confidence import REASONS

_CLOSED: Final = ConfigDict(extra="forbid")
Digest = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class Confidence(BaseModel):
    """How far an answer may be trusted."""

    model_config = _CLOSED
    level: Annotated[int, Field(ge=1, le=5, description="5 is best; each reason takes one away.")]
    reasons: list[Literal[REASONS]]  # type: ignore[valid-type]


class Range(BaseModel):
    """What the answer covers."""

    model_config = _CLOSED
    first_period: str | None
    last_period: str | None
    starts: Annotated[str | None, Field(alias="from", description="First day, local date.")]
    to: Annotated[str | None, Field(description="Last day, local date.")]


class Meta(BaseModel):
    """What every answer says about itself."""

    model_config = _CLOSED
    range: Range
    timezone: Annotated[str, Field(examples=["Europe/Paris"])]
    last_updated: Annotated[str, Field(description="Day of the last release.")]
    confidence: Confidence
    withheld_cells: Annotated[int, Field(ge=0, description="Cells too small to be shown.")]
    origin: list[Literal["measured", "simulated"]]
    charter_digest: list[Digest]
    privacy_digest: list[Digest]
    policy: Annotated[str, Field(description="Digest of everything that is enforced.")]


class Cell(BaseModel):
    """One cell of a release: shown with its margin, or withheld without any number."""

    model_config = _CLOSED
    key: dict[str, str]
    status: Literal["shown", "withheld"]
    value: Annotated[int | float | None, Field(description="Noisy value.")] = None
    margin: Annotated[float | None, Field(description="Half width at 95 %.")] = None
    quality: Literal["fiable", "indicatif"] | None = None
    below: Annotated[float | None, Field(description="The value is under this.")] = None


class ReleaseBody(BaseModel):
    """One stored release, whole: `cells` of a noisy table, or `lines` of the link."""

    table: str
    period: str
    starts: str | None = None
    ends: str | None = None
    method: dict[str, Any] | None = None
    cells: list[Cell] | None = None
    lines: list[dict[str, Any]] | None = None


class ReleaseAnswer(ReleaseBody):
    """One release and its meta block."""

    meta: Meta


class TableAnswer(BaseModel):
    """All releases of a table."""

    model_config = _CLOSED
    meta: Meta
    table: str
    releases: list[ReleaseBody]


class TableEntry(BaseModel):
    """One table of the list."""

    model_config = _CLOSED
    table: str
    href: str
    periods: list[str]


class ListAnswer(BaseModel):
    """Every table and document."""

    model_config = _CLOSED
    meta: Meta
    tables: list[TableEntry]
    documents: list[str]


class DocumentAnswer(BaseModel):
    """One sealed document and its meta block."""

    model_config = _CLOSED
    meta: Meta
    document: dict[str, Any]


class Health(BaseModel):
    """The process answers."""

    model_config = _CLOSED
    status: Literal["ok"]


class WrongParameter(BaseModel):
    """What was wrong with a parameter."""

    model_config = _CLOSED
    parameter: str
    detail: str


class ProblemBody(BaseModel):
    """RFC 9457 problem details."""

    type: Annotated[str, Field(examples=["/problemes#not-found"])]
    title: Annotated[str, Field(examples=["Page ou publication introuvable"])]
    status: int
    detail: str
    instance: str
    errors: list[WrongParameter] | None = None
