"""Apache Kafka's jar files, fetched once and checked against a committed lock.

Promises the broker nodes: the folder returned holds exactly the locked files with the locked contents; a complete cache
needs no network; two processes may fetch at the same time; an interrupted fetch leaves nothing half-made in the cache.
"""

import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from .errors import LocalKafkaError

LOCK_FILE = "jars.lock"
# One binding for slf4j 1.7: without it Kafka says nothing at all, and a 2.x binding is not found.
WANTED = ("org.apache.kafka:kafka_2.13:4.3.1", "org.slf4j:slf4j-simple:1.7.36")
TRIES_PER_FILE = 3
PAUSE_BETWEEN_TRIES_SECONDS = 0.5
REQUEST_LIMIT_SECONDS = 30
PARALLEL_FETCHES = 4
SYSTEM_CERTIFICATES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class LockedJar:
    """One jar as the lock names it: where it comes from, what it is called, what is in it."""

    coordinate: str
    file_name: str
    sha256: str


def read_lock() -> tuple[LockedJar, ...]:
    """The committed lock; the same for everyone who runs this version of Kindline."""
    return _parse_lock(_lock_text())


def ensure_jars(progress: Progress | None = None) -> Path:
    """The folder with every locked jar, fetched first if it is not in the cache.

    `progress(done, total)` is called with numbers of files, only when there is something to fetch. The cache lies in
    `KINDLINE_CACHE`, else `~/.cache/kindline`. Raises LocalKafkaError when a file cannot be had or is not as locked.
    """
    text = _lock_text()
    jars = _parse_lock(text)
    folder = cache_folder() / "jars" / hashlib.sha256(text.encode()).hexdigest()[:16]
    if not folder.is_dir():
        _fetch_into(folder, jars, progress)
        return folder
    if _wrong_files(folder, jars):
        _set_aside(folder)
        _fetch_into(folder, jars, progress)
    return folder


def cache_folder() -> Path:
    """Where downloads are kept between runs."""
    named = os.environ.get("KINDLINE_CACHE")
    return Path(named).expanduser() if named else Path.home() / ".cache" / "kindline"


def resolve_lock() -> str:
    """Resolve WANTED afresh and return the text of a new lock; for the maintainer who moves to another Kafka."""
    with tempfile.TemporaryDirectory() as scratch, _system_certificates():
        context = _maven(Path(scratch))
        roots = [context.create_dependency(coordinate) for coordinate in WANTED]
        _, others = context.resolver.resolve(roots)
        lines = []
        for dependency in (*roots, *others):
            path: Path = dependency.artifact.resolve()
            coordinate = f"{dependency.groupId}:{dependency.artifactId}:{dependency.version}"
            lines.append(f"{_sha256(path)}  {path.name}  {coordinate}")
    return "\n".join(sorted(lines, key=lambda line: line.split()[1])) + "\n"


def _lock_text() -> str:
    return files(__package__).joinpath(LOCK_FILE).read_text(encoding="ascii")


def _parse_lock(text: str) -> tuple[LockedJar, ...]:
    rows = (line.split() for line in text.splitlines() if line and not line.startswith("#"))
    return tuple(LockedJar(coordinate, file_name, sha256) for sha256, file_name, coordinate in rows)


def _wrong_files(folder: Path, jars: tuple[LockedJar, ...]) -> list[str]:
    """Names in `folder` that are missing, altered, or not in the lock: a stray jar would be on the class path too."""
    wrong = [jar.file_name for jar in jars if not _is_right(folder / jar.file_name, jar)]
    locked = {jar.file_name for jar in jars}
    return wrong + sorted(path.name for path in folder.iterdir() if path.name not in locked)


def _is_right(path: Path, jar: LockedJar) -> bool:
    return path.is_file() and _sha256(path) == jar.sha256


def _sha256(path: Path) -> str:
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _set_aside(folder: Path) -> None:
    """Take a damaged cache out of the way; another process may have done so at the same moment."""
    grave = Path(tempfile.mkdtemp(prefix=".damaged-", dir=folder.parent))
    with suppress(FileNotFoundError):
        folder.rename(grave / "jars")
    shutil.rmtree(grave, ignore_errors=True)


def _fetch_into(folder: Path, jars: tuple[LockedJar, ...], progress: Progress | None) -> None:
    """Fetch all jars beside `folder`, then rename: the folder appears whole or not at all."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".fetching-", dir=folder.parent) as scratch:
            whole = Path(scratch, "whole")
            whole.mkdir()
            with _system_certificates():
                _fetch_all(Path(scratch, "repository"), whole, jars, progress)
            try:
                whole.rename(folder)
            except OSError:
                # Another process was first; what it put there must be right all the same.
                if wrong := _wrong_files(folder, jars):
                    message = f"{folder} is damaged ({wrong[0]}): delete it and start again"
                    raise LocalKafkaError(message) from None
    except OSError as error:
        message = f"cannot keep Kafka's files in {folder.parent}: {error}; set KINDLINE_CACHE to a folder you can write"
        raise LocalKafkaError(message) from error


def _fetch_all(repository: Path, whole: Path, jars: tuple[LockedJar, ...], progress: Progress | None) -> None:
    context = _maven(repository)
    with ThreadPoolExecutor(PARALLEL_FETCHES, thread_name_prefix="fetch") as pool:
        waiting = [pool.submit(_fetch_one, context, whole, jar) for jar in jars]
        try:
            for done, future in enumerate(as_completed(waiting), start=1):
                future.result()
                if progress is not None:
                    progress(done, len(jars))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _fetch_one(context: Any, whole: Path, jar: LockedJar) -> None:  # jgo is untyped
    """Fetch one jar and move it into `whole` once its contents are as locked."""
    artifact = context.create_dependency(jar.coordinate).artifact
    why = ""
    for attempt in range(TRIES_PER_FILE):
        if attempt:
            time.sleep(PAUSE_BETWEEN_TRIES_SECONDS * attempt)
        try:
            path: Path = artifact.resolve()
        except (OSError, RuntimeError) as error:  # requests' errors are OSErrors; jgo raises RuntimeError for 404
            why = str(error)
            path = artifact.cached_path
        else:
            if _is_right(path, jar):
                path.rename(whole / jar.file_name)
                return
            why = "its contents differ from the committed lock"
        # jgo takes whatever lies at the final path for a finished download.
        path.unlink(missing_ok=True)
    message = (
        f"cannot fetch {jar.file_name} for the local Kafka: {why}. "
        "Check the network and the proxy's certificate (REQUESTS_CA_BUNDLE), or set KINDLINE_KAFKA to a Kafka you run."
    )
    raise LocalKafkaError(message)


def _maven(repository: Path) -> Any:  # jgo is untyped
    try:
        from jgo.maven import MavenContext  # noqa: PLC0415  # the extra `local` need not be installed
    except ImportError as error:
        message = "the local Kafka needs the extra `local`: pip install 'kindline[local]', or set KINDLINE_KAFKA"
        raise LocalKafkaError(message) from error
    return MavenContext(repo_cache=repository, timeout=REQUEST_LIMIT_SECONDS)


@contextmanager
def _system_certificates() -> Iterator[None]:
    """Let requests trust what the machine trusts: behind a TLS proxy its own bundle knows too little."""
    if os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE"):
        yield
        return
    candidates = (os.environ.get("SSL_CERT_FILE", ""), *SYSTEM_CERTIFICATES)
    found = next((path for path in candidates if path and Path(path).is_file()), None)
    if found is None:
        yield
        return
    os.environ["REQUESTS_CA_BUNDLE"] = found
    try:
        yield
    finally:
        os.environ.pop("REQUESTS_CA_BUNDLE", None)
