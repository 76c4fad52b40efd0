"""A LoRA in GGUF: whether a file is one, and fits a model; checked before llama.cpp sees either.

Knows what tensors and keys of an adapter mean; knows nothing of settings or of llama.cpp's interface.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from config.errors import ModelUnavailable
from models.gguf.header import Header, Tensor, read_header

_EMBEDDING, _OUTPUT = "token_embd.weight", "output.weight"
_FIRST, _SECOND = ".lora_a", ".lora_b"
_RIGHT_ONE = "Name an adapter that was trained for this model and converted with convert_lora_to_gguf.py."


def require_fitting(path: Path, base: Header) -> None:
    """Raise ModelUnavailable if the file is no LoRA, or none for the model of `base`."""
    header = read_header(path)
    if wrong := next(_faults(header, base), None):
        raise ModelUnavailable(
            f"{path} cannot be an adapter of {base.path or 'this model'}: {wrong}. {_RIGHT_ONE}"
        )


def _faults(adapter: Header, base: Header) -> Iterator[str]:
    """What is wrong with it, as "it" does; the first is enough."""
    kind, trained = adapter.metadata.get("general.type"), adapter.metadata.get("adapter.type")
    if kind != "adapter":
        yield f"it is {'a whole model' if kind in (None, 'model') else f'of the type {kind!r}'}, no adapter"
    if trained != "lora":
        yield f"it is an adapter of the type {trained!r}, and 'lora' is known"
    if "adapter.alora.invocation_tokens" in adapter.metadata:
        yield "it is to be switched on by certain words (aLoRA), which is not done here"
    if adapter.architecture != base.architecture:
        yield f"it was trained for the architecture {adapter.architecture!r}, not {base.architecture!r}"
    tensors = {tensor.name: tensor for tensor in adapter.tensors}
    weights = {tensor.name: tensor for tensor in base.tensors}
    changed = dict.fromkeys(filter(None, map(_changed, tensors)))
    if not changed:
        yield "it changes no tensor"
    for name in changed:
        yield from _faults_of_pair(name, tensors.get(name + _FIRST), tensors.get(name + _SECOND), weights)


def _changed(name: str) -> str | None:
    """The tensor of the model that this one of the adapter is for."""
    return next((name.removesuffix(end) for end in (_FIRST, _SECOND) if name.endswith(end)), None)


def _faults_of_pair(
    name: str, first: Tensor | None, second: Tensor | None, weights: Mapping[str, Tensor]
) -> Iterator[str]:
    weight = weights.get(name)
    if weight is None:
        yield f"it changes {name}, which the model does not have"
    elif first is None or second is None:
        yield f"of its two matrices for {name} one is missing"
    elif name == _EMBEDDING and _OUTPUT not in weights:
        # llama.cpp (llama-cpp-python 0.3.36) takes it for an embedding's in both places, and aborts.
        yield f"it changes {name}, which in this model is the output too; llama.cpp cannot do that"
    elif _expected(name, first, second) != weight.shape:
        sizes = " x ".join(map(str, weight.shape))
        yield f"its matrices for {name} do not make one of {sizes}, as the model has it"


def _expected(name: str, first: Tensor, second: Tensor) -> tuple[int, ...] | None:
    """The shape of what they change; None if they cannot be multiplied with each other."""
    (inputs, rank, *experts), (inner, outputs, *others) = _padded(first), _padded(second)
    if name == _EMBEDDING:
        # It is looked up in: here the first matrix has a row for each token.
        inputs, rank, outputs = outputs, inputs, rank
    if inner != rank or experts != others:
        return None
    while experts and experts[-1] == 1:
        experts.pop()
    return (inputs, outputs, *experts)


def _padded(tensor: Tensor) -> tuple[int, ...]:
    return (*tensor.shape, *[1] * (4 - len(tensor.shape)))
