"""The tiny models of random weights under a home of their own, and Generators that end with their test."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from config import ModelSpec, Settings
from generator import Generator
from generator.backends.worker_process import WorkerProcess
from generator.events import Text
from retriever.passage import Match, Passage
from tests.generator.asking import GREEDY, QUESTION, SHORT
from tests.generator.strange_server import StrangeServer
from tests.random_weights import SHAPES, write_random_model

# A busy machine is no defect.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")


@pytest.fixture(scope="session")
def tiny_settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings whose models folder holds `tiny-llama.gguf` and its kin."""
    settings = Settings(home=tmp_path_factory.mktemp("home"))
    for family in SHAPES:
        write_random_model(settings.models_folder / f"tiny-{family}.gguf", family)
    return settings


@pytest.fixture(scope="session")
def tiny_file(tiny_settings: Settings) -> Callable[[str], Path]:
    return lambda family: tiny_settings.models_folder / f"tiny-{family}.gguf"


@pytest.fixture(scope="session")
def make_spec() -> Callable[..., ModelSpec]:
    """A spec of a tiny model that always takes the likeliest token; any field can be given."""

    def make(family: str = "llama", **fields: object) -> ModelSpec:
        given = {"name": f"tiny-{family}", "file": f"tiny-{family}.gguf", "temperature": 0, "max_tokens": 12}
        return ModelSpec.model_validate(given | fields)

    return make


@pytest.fixture
def start(tiny_settings: Settings, make_spec: Callable[..., ModelSpec]) -> Iterator[Callable[..., Generator]]:
    """Starts a Generator for a family and fields of its spec; closed at the end of the test."""
    started: list[Generator] = []

    def make(family: str = "llama", **fields: object) -> Generator:
        started.append(Generator(make_spec(family, **fields), tiny_settings))
        return started[-1]

    yield make
    for generator in started:
        generator.close()


@pytest.fixture
def start_worker() -> Iterator[Callable[[Path, int], WorkerProcess]]:
    """Starts a worker process and waits for its model; ended with the test."""
    started: list[WorkerProcess] = []

    def make(path: Path, n_ctx: int = 512) -> WorkerProcess:
        worker = WorkerProcess(path, n_ctx)
        started.append(worker)
        for _ in worker.load():
            pass
        return worker

    yield make
    for worker in started:
        worker.close()


@pytest.fixture(scope="session")
def make_match() -> Callable[..., Match]:
    """The `number`-th best match, with a text and stars of one's choice."""

    def make(number: int = 1, text: str = "The battery lasts two days.", rating: float | None = 4) -> Match:
        passage = Passage("B01", f"r{number}", 0, text, rating, None, None, content_hash="00")
        return Match(passage, score=1 - number / 100)

    return make


@pytest.fixture
def worker(start_worker: Callable[..., WorkerProcess], tiny_file: Callable[[str], Path]) -> WorkerProcess:
    return start_worker(tiny_file("mistral"))


@pytest.fixture(scope="module")
def pieces(tiny_file: Callable[[str], Path]) -> list[str]:
    """What a fresh worker answers to SHORT, token by token."""
    worker = WorkerProcess(tiny_file("mistral"), 512)
    try:
        for _ in worker.load():
            pass
        return [e.text for e in worker.generate(SHORT, GREEDY, 1, False) if isinstance(e, Text)]
    finally:
        worker.close()


@pytest.fixture
def matches(make_match: Callable[..., Match]) -> list[Match]:
    return [make_match(1, "Not loud at all."), make_match(2, "It howls.", rating=None)]


@pytest.fixture(scope="session")
def expected(
    tiny_settings: Settings, make_spec: Callable[..., ModelSpec], make_match: Callable[..., Match]
) -> str:
    """What a fresh tiny Llama says to QUESTION and `matches`."""
    with Generator(make_spec("llama"), tiny_settings) as generator:
        return generator.answer(
            QUESTION, [make_match(1, "Not loud at all."), make_match(2, "It howls.", rating=None)]
        ).text


@pytest.fixture
def strange_server() -> Iterator[StrangeServer]:
    server = StrangeServer()
    yield server
    server.stop()


@pytest.fixture
def start_remote(
    strange_server: StrangeServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., Generator]]:
    """Starts a Generator for the server, with further fields of its spec."""
    started: list[Generator] = []

    def make(**fields: object) -> Generator:
        given = {
            "name": "far",
            "kind": "openai",
            "url": strange_server.url,
            "served_model": "m",
            "max_tokens": 12,
        }
        spec = ModelSpec.model_validate(given | fields)
        started.append(Generator(spec, Settings(home=tmp_path_factory.getbasetemp())))
        return started[-1]

    yield make
    for generator in started:
        generator.close()
