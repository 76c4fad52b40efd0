"""What is loaded where: a figure of a model's memory must not count what only its callers need."""

import json
import subprocess
import sys

import pytest


def loaded_by(statement: str) -> set[str]:
    """Top-level modules after the statement, in a fresh interpreter."""
    script = f"{statement}\nimport json, sys\nprint(json.dumps([name.split('.')[0] for name in sys.modules]))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    return set(json.loads(done.stdout))


@pytest.mark.parametrize(
    "statement",
    [
        "import generator",
        "from generator import Generator, Answer, AnswerLog",
        "import generator.langchain",
        "import models.__main__",
    ],
)
def test_a_caller_loads_no_llama_cpp(statement: str) -> None:
    assert not {"llama_cpp", "torch"} & loaded_by(statement)


def test_the_generator_loads_no_embedder_and_no_page() -> None:
    heavy = {"torch", "sentence_transformers", "streamlit", "pandas"}
    assert not heavy & loaded_by("from generator import Generator")


def test_the_worker_loads_llama_cpp_and_little_else() -> None:
    heavy = {
        "pydantic", "langchain_core", "psycopg2", "torch", "gguf", "pandas", "uniseg", "typer", "rich",
    }  # fmt: skip
    loaded = loaded_by("import generator.llama.worker")
    assert "llama_cpp" in loaded
    assert not heavy & loaded


def test_an_unknown_name_is_an_attribute_error() -> None:
    import generator

    with pytest.raises(AttributeError, match="no attribute 'Generatr'"):
        _ = generator.Generatr
    assert all(hasattr(generator, name) for name in generator.__all__)
