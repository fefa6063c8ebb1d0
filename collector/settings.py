"""collector.yaml: where the collector listens. The model; `school.load.load_settings` reads the file."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from collector.meter.layout import FLOW_CAP


class CollectorSettings(BaseModel):
    """What `jauge capture` uses where the command line does not say otherwise."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    interface: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.:-]{1,15}$")] | None = None
    """Interface that sees the traffic between the school and its line, on the inside of the NAT."""
    side: Literal["lan", "wan", "mirror"] = "mirror"
    """Where it looks: `lan` receives what the school sends, `wan` what it gets, `mirror` both."""
    line: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,32}$")] = "internet"
    """The declared line that is measured."""
    flow_cap: Annotated[int, Field(ge=1_024, le=FLOW_CAP)] = FLOW_CAP
    """Most flows held at once."""
