"""Embedding spread over a Ray cluster: an embedder like any other to the pipeline.

Knows Ray, which is loaded only when it is wanted; knows nothing of reviews or SQL. The rows, keys and texts
are thus the local engine's; only the vectors' last digits depend on which texts come together.
"""

import logging
import socket
from typing import Any

import numpy as np

from config.errors import ConfigError
from config.settings import EmbedderSettings
from retriever import Embedder
from retriever.embedder import Vectors

CHUNK = 256  # passages per task: seconds of a CPU, so that the last one is not waited for long


class RayEmbedder(Embedder):
    """An embedder per node, with all its cores, or per GPU where there are any; a lost one is started again.

    `address` is a cluster's, such as `auto` or `ray://head:10001`; None starts one on this machine. The
    model must be found under the same name everywhere. Raises ConfigError if Ray is not installed or the
    cluster is not there.
    """

    def __init__(self, settings: EmbedderSettings, address: str | None = None) -> None:
        super().__init__(settings)
        try:
            import ray
        except ImportError as error:
            raise ConfigError(
                "The engine 'ray' needs Ray, which is not installed: pip install 'reviewduel[ray]'."
            ) from error
        try:
            _reach(address)
            ray.init(address, log_to_driver=False, logging_level=logging.ERROR, ignore_reinit_error=True)
        except (OSError, RuntimeError, ValueError) as error:
            raise ConfigError(f"No Ray cluster at '{address}': {' '.join(str(error).split())}") from error
        self._ray = ray
        self._actors = [self._actor(settings, **share) for share in _shares(ray)]
        self.workers = len(self._actors)

    def embed_passages(self, texts: list[str]) -> Vectors:
        """Vectors of passages, as ever; texts of like length go together, the longest first."""
        if not texts:
            return super().embed_passages(texts)
        order = sorted(range(len(texts)), key=lambda n: len(texts[n]), reverse=True)
        size = max(1, min(CHUNK, -(-len(texts) // self.workers)))
        chunks = [order[start : start + size] for start in range(0, len(order), size)]
        pool = self._ray.util.ActorPool(self._actors)
        made = pool.map(lambda actor, chunk: actor.embed.remote([texts[n] for n in chunk]), chunks)
        parts = list(made)
        vectors = np.empty((len(texts), parts[0].shape[1]), np.float32)
        for chunk, part in zip(chunks, parts, strict=True):
            vectors[chunk] = part
        return vectors

    def close(self) -> None:
        """Let the actors go, and a cluster that was started here."""
        self._ray.shutdown()

    def _actor(self, settings: EmbedderSettings, **share: Any) -> Any:
        remote = self._ray.remote(max_restarts=-1, max_task_retries=3, **share)(_Actor)
        return remote.remote(settings)


class _Actor:
    """One node's embedder."""

    def __init__(self, settings: EmbedderSettings) -> None:
        self._embedder = Embedder(settings)
        self._embedder.load()

    def embed(self, texts: list[str]) -> Vectors:
        return self._embedder.embed_passages(texts)


def _reach(address: str | None) -> None:
    """Try to reach the cluster's head, for which Ray itself would wait minutes; raises OSError."""
    host, colon, port = (address or "").rpartition("//")[2].rpartition(":")
    if colon:
        socket.create_connection((host, int(port)), timeout=10).close()


def _shares(ray: Any) -> list[dict[str, float]]:
    """What each actor takes: a GPU of those there are, else all cores of a node."""
    gpus = int(ray.cluster_resources().get("GPU", 0))
    if gpus:
        return [{"num_gpus": 1}] * gpus
    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    return [{"num_cpus": cores} for node in nodes if (cores := int(node.get("CPU", 0)))]
