"""An exported adapter does in llama.cpp what it did in transformers."""

from pathlib import Path

import gguf
import llama_cpp
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from transformers import LlamaConfig, LlamaForCausalLM

from tests.random_weights import write_random_model
from training.train import LINEAR, Recipe, write_adapter

RECIPE = Recipe(rank=4, alpha=8)
TOKENS = [1, 40, 41, 42, 43, 44, 45, 46]


def adapter_of(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    """Random weights, by the names that a checkpoint has."""
    torch.manual_seed(0)
    weights = {}
    for name, module in model.named_modules():
        if isinstance(module, torch.nn.Linear) and name.endswith(LINEAR):
            prefix = f"adapted.base_model.model.{name}"
            weights[f"{prefix}.lora_A.default.weight"] = torch.randn(RECIPE.rank, module.in_features) / 8
            weights[f"{prefix}.lora_B.default.weight"] = torch.randn(module.out_features, RECIPE.rank) / 8
    return weights


def read_llama(file: Path) -> LlamaForCausalLM:
    """The model of a GGUF file of plain numbers, as transformers has it, without `peft`."""
    reader = gguf.GGUFReader(file)

    def field(name: str) -> int:
        return int(reader.fields[f"llama.{name}"].contents())

    heads, kv_heads = field("attention.head_count"), field("attention.head_count_kv")
    tensors = {tensor.name: torch.tensor(np.array(tensor.data, np.float32)) for tensor in reader.tensors}
    state = {}
    layers = field("block_count")
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, layers)
    config = LlamaConfig(
        vocab_size=tensors["token_embd.weight"].shape[0],
        hidden_size=field("embedding_length"),
        intermediate_size=field("feed_forward_length"),
        num_hidden_layers=layers,
        num_attention_heads=heads,
        num_key_value_heads=kv_heads,
        rms_norm_eps=float(reader.fields["llama.attention.layer_norm_rms_epsilon"].contents()),
        tie_word_embeddings="output.weight" not in tensors,
    )
    model: LlamaForCausalLM = LlamaForCausalLM(config)
    model.train(False)
    for name in model.state_dict():
        tensor = tensors[names.get_name(name, try_suffixes=(".weight",)) or ""]
        if "q_proj" in name or "k_proj" in name:
            of = heads if "q_proj" in name else kv_heads
            tensor = tensor.reshape(of, -1, 2, tensor.shape[1]).transpose(1, 2).reshape(tensor.shape)
        state[name] = tensor
    model.load_state_dict(state)
    return model


def logits_of(file: Path, adapter: Path | None) -> NDArray[np.float32]:
    llama = llama_cpp.Llama(
        str(file), n_ctx=64, logits_all=True, verbose=False, lora_path=str(adapter) if adapter else None
    )
    llama.eval(TOKENS)
    return np.array(llama.scores[: len(TOKENS)])


@pytest.mark.parametrize("family", ["llama", "mistral"])  # one with as many heads for keys, one with fewer
def test_logits_are_those_of_the_adapted_model(family: str, tmp_path: Path) -> None:
    file, adapter = tmp_path / "base.gguf", tmp_path / "adapter.gguf"
    write_random_model(file, family)
    model = read_llama(file)
    weights = adapter_of(model)
    write_adapter(adapter, weights, RECIPE, file)
    with torch.no_grad():
        bare = model(torch.tensor([TOKENS])).logits[0].numpy()
        for name, module in model.named_modules():
            prefix = f"adapted.base_model.model.{name}"
            if (low := weights.get(f"{prefix}.lora_A.default.weight")) is not None:
                high = weights[f"{prefix}.lora_B.default.weight"]
                module.weight += RECIPE.alpha / RECIPE.rank * high @ low
        adapted = model(torch.tensor([TOKENS])).logits[0].numpy()
    assert np.abs(adapted - bare).max() > 1
    np.testing.assert_allclose(logits_of(file, None), bare, atol=0.06)
    np.testing.assert_allclose(logits_of(file, adapter), adapted, atol=0.06)
