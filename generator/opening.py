"""From a configured model to what answers for it. Knows which kinds there are; nothing of how they answer."""

from config import ModelSpec, Settings
from generator.answerer import Answerer
from generator.generator import Generator
from generator.verbatim.extractive import Extractive
from retriever.embedder import Embedder


def open_answerer(
    spec: ModelSpec, settings: Settings, embedder: Embedder, force: bool = False, at_once: int = 1
) -> Answerer:
    """What answers for `spec`; nothing is loaded yet. `embedder`: the one that retrieval uses.

    `force`: load also what does not fit into the memory. `at_once`: how many answers a file of this machine
    shall write at once, if there is memory for them. Raises ModelUnavailable.
    """
    if spec.kind == "extractive":
        return Extractive(spec, settings, embedder)
    return Generator(spec, settings, force=force, at_once=at_once, embedder=embedder)
