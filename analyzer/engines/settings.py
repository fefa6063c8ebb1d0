"""engine.yaml: which engine analyses, and where. The model; `school.load.load_settings` reads the file."""

import ipaddress
import re
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

FILE: Final = "engine.yaml"
_ENDPOINT: Final = re.compile(
    r"(sc|spark)://(\[[0-9A-Fa-f:]+\]|[A-Za-z0-9._-]+):(\d{1,5})(/(;[A-Za-z0-9_]+=[^;\s]*)*)?"
)
_BASE: Final = re.compile(r"[a-z][a-z0-9+.-]*://\S+")
LARGEST_PORT: Final = 65_535


class EngineKind(StrEnum):
    """Who runs the expression."""

    DUCKDB = "duckdb"  # in the analyzer's own process
    SPARK = "spark"  # any Spark Connect server (Spark 4, Sail) or standalone master


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


class EngineSettings(BaseModel):
    """Which engine analyses. Without the file: DuckDB, as every school needs it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    # `engine` comes last: what it needs must have been read.
    endpoint: str | None = None
    """Of a Spark Connect server (`sc://host:port`) or of a standalone master (`spark://host:port`)."""
    slices: str | None = None
    """Where executors find the encrypted day files, any fsspec path; none: under the store's own path."""
    secret: str = "/run/jauge/engine.secret"  # noqa: S105 - a path
    """File of 32 octets, the same on the analyzer and the executors, under which keys of days travel."""
    memory_mib: Annotated[int, Field(ge=512, le=1_048_576)] = 1_907
    """DuckDB: most memory; what needs more is asked of some devices at a time. 2 GB: forty million slices at once."""
    engine: Annotated[EngineKind, Field(validate_default=True)] = EngineKind.DUCKDB
    """`duckdb` or `spark`."""

    @field_validator("endpoint")
    @classmethod
    def _is_endpoint(cls, text: str | None) -> str | None:
        if text is None:
            return None
        match = _ENDPOINT.fullmatch(text)
        if not match or not 0 < int(match[3]) <= LARGEST_PORT:
            raise ValueError(
                f"`{text}` is no endpoint of an engine; write `sc://host:15002/;use_ssl=true` "
                "(Spark Connect, Sail) or `spark://host:7077` (a standalone master)"
            )
        encrypted = "use_ssl=true" in (match[4] or "")
        if match[1] == "sc" and not encrypted and not _is_loopback(match[2]):
            raise ValueError(
                f"`{text}` would send what devices did in the clear to another machine; "
                f"add `;use_ssl=true`: `sc://{match[2]}:{match[3]}/;use_ssl=true`"
            )
        return text

    @field_validator("slices")
    @classmethod
    def _is_base(cls, text: str | None) -> str | None:
        if text is not None and not _BASE.fullmatch(text):
            raise ValueError(
                f"`{text}` is no path that every executor can open; write `s3://bucket/flows` or "
                "`file:///srv/flows`"
            )
        return text.rstrip("/") if text else None

    @field_validator("secret")
    @classmethod
    def _is_absolute(cls, text: str) -> str:
        if not PurePosixPath(text).is_absolute():
            raise ValueError(f"`{text}` must be a whole path, from `/` on")
        return text

    @field_validator("engine")
    @classmethod
    def _has_endpoint(cls, kind: EngineKind, others: ValidationInfo) -> EngineKind:
        if kind is EngineKind.SPARK and "endpoint" in others.data and not others.data["endpoint"]:
            raise ValueError("`engine: spark` needs `endpoint: sc://host:port`: where it listens")
        return kind


EMBEDDED: Final = EngineSettings()
"""DuckDB in this process."""
