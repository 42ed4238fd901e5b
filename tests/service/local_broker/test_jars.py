"""Kafka's jar files are the locked ones or none."""

import shutil
from pathlib import Path

import pytest

from kindline.ledger.local import LocalKafkaError, ensure_jars
from kindline.ledger.local.jars import read_lock


@pytest.fixture
def copied_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of this test alone, complete; returns the folder with the jars."""
    whole = ensure_jars()
    monkeypatch.setenv("KINDLINE_CACHE", str(tmp_path))
    copy = tmp_path / "jars" / whole.name
    shutil.copytree(whole, copy)
    return copy


@pytest.fixture
def no_network(copied_cache: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Once there is a cache, every request out of this process goes to a port where nobody listens."""
    for name in ("https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    return copied_cache


@pytest.mark.usefixtures("no_network")
def test_a_complete_cache_needs_no_network(copied_cache: Path) -> None:
    """Once fetched, Kafka starts without a network, and nothing is reported as being fetched."""
    reported: list[tuple[int, int]] = []
    assert ensure_jars(lambda done, total: reported.append((done, total))) == copied_cache
    assert reported == []
    assert {path.name for path in copied_cache.iterdir()} == {jar.file_name for jar in read_lock()}


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize("damage", ["altered", "missing", "added"])
def test_a_damaged_cache_is_never_used(copied_cache: Path, damage: str) -> None:
    """A jar altered, missing or too many means fetching afresh, and an error that says what to do if that fails."""
    jar = copied_cache / read_lock()[0].file_name
    if damage == "altered":
        jar.write_bytes(jar.read_bytes()[:-1] + b"!")
    elif damage == "missing":
        jar.unlink()
    else:
        (copied_cache / "stray.jar").write_bytes(b"PK")
    with pytest.raises(LocalKafkaError, match=r"cannot fetch .*\.jar for the local Kafka.*KINDLINE_KAFKA"):
        ensure_jars()
    assert not copied_cache.exists()
    assert list(copied_cache.parent.iterdir()) == []


def test_a_cache_that_cannot_be_written_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache at an impossible place is refused with the name of the setting to change."""
    in_the_way = tmp_path / "file"
    in_the_way.write_text("not a folder", encoding="ascii")
    monkeypatch.setenv("KINDLINE_CACHE", str(in_the_way))
    with pytest.raises(LocalKafkaError, match="set KINDLINE_CACHE to a folder you can write"):
        ensure_jars()
