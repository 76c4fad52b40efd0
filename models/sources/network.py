"""How a server is reached: directly or through a proxy, and by whose word it is who it says.

Knows the variables that name proxies and certificates (HTTPS_PROXY, NO_PROXY, SSL_CERT_FILE and the like);
knows nothing of what is asked. A server of this machine is never asked through a proxy.
"""

import os
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import TypedDict
from urllib.request import getproxies, proxy_bypass

import httpx2

from config.errors import ConfigError

_SCHEMES = ("http", "https", "socks5", "socks5h")
# The first that is set counts. The last two are those of other programs.
_CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


@dataclass(frozen=True, slots=True)
class Proxy:
    """What stands between us and a server."""

    url: str
    """With its user and password, if it has any."""
    named_by: str
    """The environment variable, or where else it is set."""

    @property
    def shown(self) -> str:
        """Its URL without user and password, whatever these hold."""
        scheme, mark, rest = self.url.partition("://")
        return f"{scheme}{mark}{rest.rpartition('@')[2]}"

    def __str__(self) -> str:
        return f"the proxy {self.shown} ({self.named_by})"


class ClientOptions(TypedDict):
    """What httpx2 is told in place of what it would read from the environment itself."""

    trust_env: bool
    proxy: str | None
    verify: ssl.SSLContext | bool


def client_options(url: str) -> ClientOptions:
    """How to reach the server of this URL. Raises ConfigError for variables that cannot be followed."""
    proxy = proxy_for(url)
    secure = url.startswith("https:") or (proxy is not None and proxy.url.startswith("https:"))
    return {"trust_env": False, "proxy": proxy.url if proxy else None, "verify": certificates(secure)}


def through(url: str) -> str:
    """Words to be put after a server's URL: through which proxy it is asked, if it is."""
    proxy = proxy_for(url)
    return f", asked through {proxy}," if proxy else ""


def proxy_for(url: str) -> Proxy | None:
    """The proxy that the environment names for this URL. Raises ConfigError if it cannot be used."""
    try:
        parts = httpx2.URL(url)
    except httpx2.InvalidURL:  # that is said where it is asked
        return None
    proxies = getproxies()
    value = proxies.get(parts.scheme) or proxies.get("all")
    if not value or _is_direct(parts, proxies):
        return None
    proxy = Proxy(value if "://" in value else f"http://{value}", _named_by(value))
    try:
        given = httpx2.URL(proxy.url)
        usable = bool(given.host) and given.scheme in _SCHEMES
    except httpx2.InvalidURL:
        usable = False
    if not usable:
        raise ConfigError(
            f"{proxy.named_by} names no proxy that can be used: '{proxy.shown}'. Expected a URL such as "
            "http://proxy.example.org:3128, or socks5://...; or unset it."
        )
    if given.scheme.startswith("socks") and find_spec("socksio") is None:
        raise ConfigError(
            f"{proxy.named_by} names a SOCKS proxy, {proxy.shown}, for which a package is missing. Install "
            f"it with `pip install socksio`, name an HTTP proxy in its place, or put {parts.host} into "
            "NO_PROXY."
        )
    return proxy


def certificates(secure: bool = True) -> ssl.SSLContext | bool:
    """Whose signatures count: those that the environment names, or True for the usual.

    Raises ConfigError if what it names cannot be read.
    """
    name = next((name for name in _CERTIFICATES if os.environ.get(name)), None)
    if name is None or not secure:
        return True
    path = os.environ[name]
    try:
        if os.path.isdir(path):
            return ssl.create_default_context(capath=path)
        return ssl.create_default_context(cafile=path)
    except OSError as error:  # also what is in the file
        why = "it holds no certificates" if isinstance(error, ssl.SSLError) else error.strerror
        raise ConfigError(
            f"{name} names {path}, which cannot be read: {why}. It must be a file of certificates in PEM, "
            "or unset."
        ) from error


class ByUrl(httpx2.BaseTransport):
    """Reaches each server as `client_options` says for its URL. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._transports: dict[tuple[str, ...], httpx2.HTTPTransport] = {}

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Ask by the transport for this URL."""
        proxy = proxy_for(str(request.url))
        named = [os.environ.get(name, "") for name in _CERTIFICATES]
        key = (request.url.scheme, proxy.url if proxy else "", *named)
        with self._lock:
            if key not in self._transports:
                self._transports[key] = httpx2.HTTPTransport(**client_options(str(request.url)))
            transport = self._transports[key]
        return transport.handle_request(request)

    def close(self) -> None:
        """Close all connections."""
        for transport in self._transports.values():
            transport.close()


def _named_by(value: str) -> str:
    names = (name for name, said in os.environ.items() if said == value and name.lower().endswith("_proxy"))
    return next(names, "the system's settings")


def _is_direct(url: httpx2.URL, proxies: Mapping[str, str]) -> bool:
    host = url.host
    if host == "localhost" or host.endswith(".localhost") or proxy_bypass(host):
        return True
    if url.port and proxy_bypass(f"{host}:{url.port}"):
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    named = any(_is_within(address, entry) for entry in proxies.get("no", "").split(","))
    return address.is_loopback or address.is_unspecified or named


def _is_within(address: IPv4Address | IPv6Address, entry: str) -> bool:
    try:
        return address in ip_network(entry.strip().strip("[]"), strict=False)
    except ValueError:
        return False
