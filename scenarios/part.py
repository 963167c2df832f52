"""Part: a mapping of a scenario file, and the kinds of values that are written in one."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from scenarios import quantity

Duration = Annotated[float, BeforeValidator(quantity.duration_s), Field(gt=0)]
Pause = Annotated[float, BeforeValidator(quantity.duration_s), Field(ge=0)]
Rate = Annotated[float, BeforeValidator(quantity.rate_per_s), Field(gt=0)]
Share = Annotated[float, BeforeValidator(quantity.share)]
Size = Annotated[int, BeforeValidator(quantity.size_bytes), Field(ge=0)]
Level = Annotated[quantity.Level, BeforeValidator(quantity.level)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._@:/+-]{0,63}$")]
Slug = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
Setting = str | int | float | bool


class Part(BaseModel):
    """A mapping of the file: unknown keys are mistakes, and nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True)
