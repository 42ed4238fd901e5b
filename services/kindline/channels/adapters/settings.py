"""The settings of channels: KINDLINE_CHANNELS_* and KINDLINE_WEB_HOOK_* into one frozen value.

Promises whoever starts the room that every default is usable on one machine, that a wrong value is refused with its
variable's name and what to write instead, and that no secret and no address of a customer's system is ever shown.
"""

from __future__ import annotations

import contextlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from kindline.channels.domain.signing import SecretUnreadable, secret_key
from kindline.runtime.settings import HIGHEST_PORT, LOOPBACK, Environment, ProcessSettings, SettingWrong

PORT = 8080
GRACE_SECONDS, ORPHAN_SECONDS = 20.0, 300.0
MOST_CONNECTIONS = 5_000
MOST_SECRETS = 4
_SECRETS = "KINDLINE_WEB_HOOK_SECRETS"
_URLS = "KINDLINE_WEB_HOOK_URLS"
_TOKENS = "KINDLINE_TOKEN_SECRET"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelSettings:
    """All that channels needs to know. Endpoints are written `tenant/pool/entry_point`."""

    process: ProcessSettings
    host: str = LOOPBACK
    port: int = PORT
    token_secret: bytes = field(repr=False)
    token_secret_given: bool = True
    origins: frozenset[str] = frozenset()
    """Pages of these origins may connect beside our own."""
    grace_seconds: float = GRACE_SECONDS
    """A closed page may come back within this time before the customer counts as gone."""
    orphan_seconds: float = ORPHAN_SECONDS
    """After a start, pages have this long to come back; 0 waits for ever."""
    most_connections: int = MOST_CONNECTIONS
    hook_keys: Mapping[str, tuple[bytes, ...]] = field(default_factory=dict, repr=False)
    """Endpoint to the keys in use; the first one signs what we send."""
    hook_urls: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Endpoint to the address that is told about its interactions."""

    @classmethod
    def read(cls, environment: Environment | None = None) -> ChannelSettings:
        """Read the settings. Raises SettingWrong."""
        given = environment or Environment()
        named = bool(given.text(_TOKENS, ""))
        keys = {endpoint: _keys(endpoint, found) for endpoint, found in _table(given, _SECRETS).items()}
        urls = {endpoint: _url(endpoint, found) for endpoint, found in _table(given, _URLS).items()}
        if unsigned := sorted(urls.keys() - keys.keys()):
            raise SettingWrong(f"{_URLS} names {unsigned[0]}, for which {_SECRETS} has no secret to sign with")
        return cls(
            process=ProcessSettings.read("channels", given),
            host=given.text("KINDLINE_CHANNELS_HOST", LOOPBACK),
            port=given.port("KINDLINE_CHANNELS_PORT", PORT),
            token_secret=given.secret(_TOKENS) if named else secrets.token_bytes(32),
            token_secret_given=named,
            origins=frozenset(_origin(origin) for origin in given.text("KINDLINE_CHANNELS_ORIGINS", "").split(",")),
            grace_seconds=given.seconds("KINDLINE_CHANNELS_GRACE_SECONDS", GRACE_SECONDS),
            orphan_seconds=given.seconds("KINDLINE_CHANNELS_ORPHAN_SECONDS", ORPHAN_SECONDS),
            most_connections=int(given.seconds("KINDLINE_CHANNELS_CONNECTIONS", MOST_CONNECTIONS)),
            hook_keys=keys,
            hook_urls=urls,
        )


def _table(given: Environment, variable: str) -> dict[str, object]:
    """A JSON object, written in the variable or in the file that `@path` names."""
    text = given.text(variable, "{}")
    if text.startswith("@"):
        try:
            text = Path(text[1:]).read_text(encoding="utf-8")
        except OSError as error:
            raise SettingWrong(f"{variable} names a file that cannot be read: {error.strerror}") from None
        except UnicodeDecodeError:
            raise SettingWrong(f"{variable} names a file that is no UTF-8 text") from None
    try:
        table = json.loads(text)
    except ValueError:
        table = None
    if not isinstance(table, dict):
        raise SettingWrong(f"{variable} is no JSON object; write it, or @ and the path of a file that holds it")
    for endpoint in table:
        if endpoint.count("/") != 2 or not all(endpoint.split("/")):  # noqa: PLR2004 - tenant/pool/entry_point
            raise SettingWrong(f"{variable}: {endpoint!r} is no tenant/pool/entry_point")
    return table


def _keys(endpoint: str, found: object) -> tuple[bytes, ...]:
    secrets_in_use = [found] if isinstance(found, str) else found
    if not isinstance(secrets_in_use, list) or not 1 <= len(secrets_in_use) <= MOST_SECRETS:
        raise SettingWrong(f"{_SECRETS}: {endpoint} needs a list of 1 to {MOST_SECRETS} secrets, the newest first")
    try:
        return tuple(secret_key(str(secret)) for secret in secrets_in_use)
    except SecretUnreadable as error:
        raise SettingWrong(f"{_SECRETS}: {endpoint}: {error}") from None


def _url(endpoint: str, found: object) -> str:
    # Whoever sends to it later reads it the same way: what it cannot use is refused now, and not at every try.
    with contextlib.suppress(httpx.InvalidURL, TypeError):
        url = httpx.URL(found)  # type: ignore[arg-type] # What is no text is a TypeError, and no address.
        if url.scheme in {"http", "https"} and url.host and (url.port or 0) <= HIGHEST_PORT:
            return str(found)
    raise SettingWrong(f"{_URLS}: {endpoint} has no http or https address")


def _origin(text: str) -> str:
    return text.strip().rstrip("/").lower()
