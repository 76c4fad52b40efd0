"""A model of which only the size is known: a dense Llama shape with so many parameters is assumed."""

from models.catalogue.shape import Shape
from models.catalogue.shapes import header_of
from models.gguf.header import Header

_VOCABULARY = 32000
_HEAD = 128
_CONTEXT = 4096
# Llama's models are about 128 times as wide as they are deep (7B: 32 layers, 4,096 wide; 13B: 40 and 5,120).
_WIDTH_PER_LAYER = 128
_FEWEST, _MOST = 10e6, 2e12


def assumed_header(parameters: float) -> Header:
    """The header of a Q4_K_M file of such a model; its own count may differ by a few percent.

    No grouped queries: its cache is an upper bound. Raises ValueError below 10 million and above 2 trillion.
    """
    if not _FEWEST <= parameters <= _MOST:
        raise ValueError("between 10 million (1e7) and 2 trillion (2e12) parameters")
    layers = min(range(2, 512, 2), key=lambda count: abs(_sized(count, 8 * _width(count) // 3) - parameters))
    rest = parameters - _sized(layers, 0)
    feed_forward = max(256, round(rest / (3 * layers * _width(layers)) / 256) * 256)
    shape = Shape(
        layers=layers,
        width=_width(layers),
        feed_forward=feed_forward,
        heads=_width(layers) // _HEAD,
        kv_heads=_width(layers) // _HEAD,
        vocabulary=_VOCABULARY,
    )
    return header_of(shape, "assumed", _CONTEXT)


def _width(layers: int) -> int:
    return _WIDTH_PER_LAYER * layers


def _sized(layers: int, feed_forward: int) -> int:
    """Parameters of the matrices: embedding and output; in each layer four of attention and three others."""
    width = _width(layers)
    return 2 * _VOCABULARY * width + layers * (4 * width * width + 3 * width * feed_forward)
