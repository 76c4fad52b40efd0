"""The sizes of a Llama-shaped model, as the catalogue tells them. Knows nothing of files."""

from pydantic import Field

from config.model_spec import Section


class Shape(Section):
    """The sizes that decide speed and memory. `experts` 0: dense. `rope_factors`: Llama 3.1's tensor."""

    layers: int = Field(ge=1)
    width: int = Field(ge=256, multiple_of=256)
    feed_forward: int = Field(ge=256, multiple_of=256)
    heads: int = Field(ge=1)
    kv_heads: int = Field(ge=1)
    vocabulary: int = Field(ge=1)
    experts: int = Field(default=0, ge=0)
    experts_used: int = Field(default=0, ge=0)
    rope_factors: bool = False
