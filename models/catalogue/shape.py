"""The sizes of a Llama-shaped model, as the catalogue tells them. Knows nothing of files."""

from typing import Literal, Self

from pydantic import Field, model_validator

from config.model_spec import Section


class Shape(Section):
    """The sizes that decide speed and memory. `experts` 0: dense. `rope_factors`: Llama 3.1's tensor.

    `tied`: there is no output matrix, the embedding's serves as one. `quantisation`: of the file.
    """

    layers: int = Field(ge=1)
    width: int = Field(ge=32, multiple_of=32)
    feed_forward: int = Field(ge=32, multiple_of=32)
    heads: int = Field(ge=1)
    kv_heads: int = Field(ge=1)
    vocabulary: int = Field(ge=1)
    experts: int = Field(default=0, ge=0)
    experts_used: int = Field(default=0, ge=0)
    rope_factors: bool = False
    tied: bool = False
    quantisation: Literal["Q4_K_M", "Q4_1"] = "Q4_K_M"

    @model_validator(mode="after")
    def _blocks_fit(self) -> Self:
        if self.quantisation == "Q4_K_M" and (self.width % 256 or self.feed_forward % 256):
            raise ValueError("in Q4_K_M, width and feed_forward are multiples of 256")
        if self.quantisation == "Q4_1" and (self.experts or not self.tied):
            raise ValueError("in Q4_1, only dense models with a tied output are foretold")
        return self
