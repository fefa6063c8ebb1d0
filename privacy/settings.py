"""The settings of `privacy.yaml`: one frozen object that drives the gate and that the pages print.

Two profiles: `standard`, and `renforce` (enforced more strongly: a budget 25 times smaller, so that a
device-week has about the epsilon that a device-day has under `standard`, and five times the noise). A
school may be stricter than its profile, never looser: every bound below is a public constant, checked when the object is built, so a file that loosens
one cannot be loaded and nothing computes with it. Caps and floors never depend on what was
measured: a threshold chosen from the data would itself tell something about the data.

Pure: no file, no clock, no noise. `privacy.gate` spends what these settings allow.
"""

import math
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from privacy import canonical
from privacy.release import Measure, Method

TableName = Literal["T1", "T2", "T3", "T4", "T5-bis", "T6", "T7", "rehearsal"]

STANDARD_TOTAL_RHO: Final = 0.0243
"""zCDP cost of one device-day over all tables: (epsilon 1.0, delta 1e-6), privacy.md section 0."""
PROFILES: Final[dict[str, float]] = {
    "standard": STANDARD_TOTAL_RHO,
    "renforce": 0.000972,  # a 25th
}
"""Most that one device-day may cost under each profile (privacy.md sections 4.5 and 4.6)."""
SPELT: Final = {"renforcé": "renforce"}
"""Profiles as a person may write them."""
DELTA: Final = 1e-6
"""Probability bound at which epsilons are quoted."""
MECHANISM: Final = "discrete_gaussian"
UNIT: Final = "device_day"
MOST_RETENTION_DAYS: Final = 14
"""Hard maximum for pseudonymised flows (privacy.md section 1.4); the profile keeps eight days."""
LEAST_PERSONS: Final = 20
"""Zones and slots of fewer declared persons never stand alone."""
LEAST_SIGMAS: Final = 4.0
"""Below four sigma the 95 % margin passes half the value: no number is shown."""
LEAST_RELIABLE_SIGMAS: Final = 10.0
LEAST_DEVICES_PER_DAY: Final = 11
"""Readable floor, times the days of the period (DESIGN section 5)."""
LEAST_RHO: Final = 1e-4
"""Under `standard`, a release of less would drown every figure; the other profile goes as far under it."""
ROUNDING: Final = 1e-9
"""Shares are decimal fractions: their sum may pass 1 by this and no more."""
SIGMA_STEPS: Final = 1_000_000
"""Sigma is a multiple of one over this."""

_STRICT: Final = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class TableSettings(BaseModel):
    """What one table may spend, and how much one device-day may weigh in it."""

    model_config = _STRICT

    share: Annotated[float, Field(gt=0, le=1)]
    """Part of `total_rho` that one release of this table costs a device-day."""
    cap: Annotated[int, Field(ge=1)]
    """Most of one device-day: cells to which it adds 1; for volumes megabytes (L2 norm)."""


class Tables(BaseModel):
    """The noisy tables of this version. One device-day is covered at most once by each."""

    model_config = ConfigDict(**_STRICT, populate_by_name=True, serialize_by_alias=True)

    T1: TableSettings = TableSettings(share=0.25, cap=5)
    """Week: zone × (four charter uses + any), device-days."""
    T2: TableSettings = TableSettings(share=0.15, cap=10)
    """Week: declared slot of the timetable × four charter uses, whole school, device-slots."""
    T3: TableSettings = TableSettings(share=0.15, cap=8)
    """Week: services that the school follows, whole school, device-days."""
    T4: TableSettings = TableSettings(share=0.10, cap=1_000)
    """Week: volume × six uses, whole school, megabytes."""
    T5bis: Annotated[TableSettings, Field(alias="T5-bis")] = TableSettings(share=0.10, cap=2)
    """Month: abusive and resource-inappropriate, whole school, device-days."""
    T6: TableSettings = TableSettings(share=0.10, cap=4)
    """Day: four charter uses, whole school, devices."""
    T7: TableSettings = TableSettings(share=0.10, cap=300)
    """Month: volume × groups of categories while the line was saturated, megabytes."""
    rehearsal: TableSettings = TableSettings(share=0.05, cap=4)
    """Week: four charter uses under a draft charter or another line, whole school, device-days."""

    def named(self, name: TableName) -> TableSettings:
        """Return the settings of one table."""
        found: TableSettings = getattr(self, name.replace("-", ""))
        return found

    @model_validator(mode="after")
    def _check(self) -> Self:
        for name, most in MOST.items():
            cap = self.named(name).cap
            if cap > most:
                what = "megabytes a day" if name in VOLUMES else "cells it can fill"
                raise ValueError(f"{name}: cap {cap} is more than the {most} {what}")
        total = sum(self.named(name).share for name in MOST)
        if total > 1 + ROUNDING:
            raise ValueError(f"the shares of the tables add up to {total:.4g}, more than 1")
        return self


VOLUMES: Final[frozenset[TableName]] = frozenset({"T4", "T7"})
"""Tables whose cells are megabytes: their cap bounds the L2 norm of a device-day's volumes."""
MOST: Final[dict[TableName, int]] = {
    "T1": 5,  # one zone × (4 uses + any)
    "T2": 48,  # 12 slots × 4 uses
    "T3": 40,  # followed services
    "T4": 100_000,
    "T5-bis": 2,
    "T6": 4,
    "T7": 100_000,
    "rehearsal": 4,
}
"""The largest cap of each table: what one device-day can fill, or a volume that no day passes."""


def measure_of(name: TableName) -> Measure:
    """Return what the cells of a table count."""
    if name in VOLUMES:
        return Measure.MEGABYTES
    return Measure.DEVICE_SLOTS if name == "T2" else Measure.DEVICE_DAYS


class DisplaySettings(BaseModel):
    """When a noisy value may be shown, decided from the noisy value alone."""

    model_config = _STRICT

    sigmas: Annotated[float, Field(ge=LEAST_SIGMAS)] = LEAST_SIGMAS
    reliable_sigmas: Annotated[float, Field(ge=LEAST_RELIABLE_SIGMAS)] = LEAST_RELIABLE_SIGMAS
    floor_devices_per_day: Annotated[int, Field(ge=LEAST_DEVICES_PER_DAY)] = LEAST_DEVICES_PER_DAY

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.reliable_sigmas < self.sigmas:
            raise ValueError("reliable_sigmas is smaller than sigmas")
        return self


class PrivacySettings(BaseModel):
    """`privacy.yaml`.

    Raises:
        pydantic.ValidationError: an unknown field, or a value looser than the profile.
    """

    model_config = _STRICT

    profile: Literal["standard", "renforce"] = "standard"
    total_rho: Annotated[float, Field(gt=0, le=STANDARD_TOTAL_RHO)] = STANDARD_TOTAL_RHO
    """Budget of one device-day, all tables together."""
    retention_days: Annotated[int, Field(ge=1, le=MOST_RETENTION_DAYS)] = 8
    tables: Tables = Tables()
    floor_persons: Annotated[int, Field(ge=LEAST_PERSONS)] = LEAST_PERSONS
    """Zones under it merge upward by declaration; slots under it have no link load."""
    display: DisplaySettings = DisplaySettings()

    @model_validator(mode="before")
    @classmethod
    def _spell(cls, given: Any) -> Any:
        """Read the profile as people write it; its budget is the default."""
        if not isinstance(given, Mapping):
            return given
        profile = given.get("profile", "standard")
        profile = SPELT.get(profile, profile) if isinstance(profile, str) else profile
        budget = PROFILES.get(profile) if isinstance(profile, str) else None
        default = {} if budget is None else {"total_rho": budget}
        return {**default, **given, "profile": profile}

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.total_rho > PROFILES[self.profile]:
            raise ValueError(
                f"total_rho {self.total_rho:g} is more than the {PROFILES[self.profile]:g} of the "
                f"profile {self.profile}"
            )
        least = LEAST_RHO * PROFILES[self.profile] / STANDARD_TOTAL_RHO
        for name in MOST:
            if self.total_rho * self.table(name).share < least:
                raise ValueError(
                    f"{name}: total_rho × share is under {least:g}: only noise is left"
                )
        return self

    def table(self, name: TableName) -> TableSettings:
        """Return the settings of one table."""
        return self.tables.named(name)

    def method(self, name: TableName) -> Method:
        """Return how the noise of a table is drawn: rho = total × share, sigma = L2 / √(2·rho).

        L2, the most that one device-day moves the cells, is √cap, for volumes cap megabytes.

        Sigma is rounded up at the sixth decimal, so that what the mechanism proves to cost, with
        its own rounding upwards, stays within rho.
        """
        table = self.table(name)
        rho = self.total_rho * table.share
        squared = table.cap**2 if name in VOLUMES else table.cap
        return Method(
            mechanism=MECHANISM,
            unit=UNIT,
            rho=rho,
            sigma=(math.floor(math.sqrt(squared / (2 * rho)) * SIGMA_STEPS) + 1) / SIGMA_STEPS,
            cap=table.cap,
            measure=measure_of(name),
        )

    def digest(self) -> str:
        """Return the SHA-256 (64 hex digits) of the settings in force."""
        return canonical.digest(self.model_dump(mode="json"))
