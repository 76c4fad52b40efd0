"""A Ray cluster and what runs on it: a function anywhere, embedders one to a node or a GPU.

The only place that knows Ray, which is loaded only when it is wanted, and where its errors become ours.
"""

import logging
import socket
from collections.abc import Callable
from typing import Any

from config.errors import ClusterError, ConfigError, UserError
from config.settings import EmbedderSettings
from retriever import Embedder
from retriever.embedder import Vectors

Promise = Any  # of a result, which `Cluster.get` waits for


class Cluster:
    """The embedders of a cluster, each with a node's cores, or a GPU where there are any.

    `address` is a cluster's, such as `auto` or `head:6379`; None starts one on this machine.
    ReviewDuel must be installed everywhere, and the model be found under the same name. An embedder that is
    lost is started again. Raises ConfigError if Ray is not installed, ClusterError if the cluster is not
    there.
    """

    def __init__(self, settings: EmbedderSettings, address: str | None = None) -> None:
        try:
            import ray
        except ImportError as error:
            raise ConfigError(
                "The engine 'ray' needs Ray, which is not installed: pip install 'reviewduel[ray]'."
            ) from error
        try:
            _reach(address)
            ray.init(address, log_to_driver=False, logging_level=logging.ERROR, ignore_reinit_error=True)
        except (ImportError, OSError, RuntimeError, ValueError) as error:
            raise ClusterError(
                f"No Ray cluster at '{address}': {' '.join(str(error).split())}. `ray start --head` starts "
                "one; without --address one is started on this machine."
            ) from error
        self._ray = ray
        # Light work, beside embedding: it reserves nothing.
        self._call = ray.remote(num_cpus=0, scheduling_strategy="SPREAD")(_call)
        start = ray.remote(max_restarts=-1, max_task_retries=3)(_Actor).options
        self._queues: list[tuple[Any, list[Promise]]] = [
            (start(**share).remote(settings), []) for share in _shares(ray)
        ]
        if not self._queues:
            self.close()
            raise ClusterError(f"The Ray cluster at '{address}' has no processors: start a node with some.")

    @property
    def embedders(self) -> int:
        """How many embed at the same time."""
        return len(self._queues)

    def dimension(self) -> int:
        """Numbers per vector; an embedder loads its model."""
        return int(self.get(self._queues[0][0].dimension.remote()))

    def run(self, function: Callable[..., object], *arguments: object) -> Promise:
        """The promise of what the function returns, run anywhere."""
        return self._call.remote(function, *arguments)

    def embed(self, texts: list[str]) -> Promise:
        """The promise of the texts' vectors, from the embedder that has the least to do."""
        for _, promises in self._queues:
            if promises:
                promises[:] = self._ray.wait(promises, num_returns=len(promises), timeout=0)[1]
        actor, promises = min(self._queues, key=lambda queue: len(queue[1]))
        promises.append(actor.embed.remote(texts))
        return promises[-1]

    def get(self, promise: Promise) -> Any:
        """What was promised; raises ClusterError if the cluster was lost, and what the work itself raised."""
        try:
            return self._ray.get(promise)
        except self._ray.exceptions.RayError as error:
            cause = getattr(error, "cause", None)
            if isinstance(cause, UserError):
                raise cause from None
            if cause is not None:
                raise  # a defect, with the traceback of where it was
            raise ClusterError(
                f"The Ray cluster was lost: {' '.join(str(error).split())}. What was stored stays: once the "
                "cluster is back, the same command carries on."
            ) from error

    def close(self) -> None:
        """Let the embedders go, and a cluster that was started here."""
        self._ray.shutdown()


def _call(function: Callable[..., object], *arguments: object) -> object:
    return function(*arguments)


class _Actor:
    """One embedder; it loads its model with the first text."""

    def __init__(self, settings: EmbedderSettings) -> None:
        self._embedder = Embedder(settings)

    def dimension(self) -> int:
        return self._embedder.dimension

    def embed(self, texts: list[str]) -> Vectors:
        return self._embedder.embed_passages(texts)


def _reach(address: str | None) -> None:
    """Try to reach the cluster's head, for which Ray itself would wait minutes; raises OSError."""
    host, colon, port = (address or "").rpartition("//")[2].rpartition(":")
    if colon:
        socket.create_connection((host, int(port)), timeout=10).close()


def _shares(ray: Any) -> list[dict[str, float]]:
    """What each embedder takes: a GPU of those there are, else all cores of a node."""
    gpus = int(ray.cluster_resources().get("GPU", 0))
    if gpus:
        return [{"num_gpus": 1}] * gpus
    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    return [{"num_cpus": cores} for node in nodes if (cores := int(node.get("CPU", 0)))]
