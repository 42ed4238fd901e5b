"""Settings of channels that are wrong, and what whoever starts it is told of them."""

import json
from pathlib import Path

import pytest

from kindline.channels.adapters.settings import ChannelSettings
from kindline.runtime.settings import Environment, SettingWrong

ENDPOINT = "acme/front/orders"
SECRETS = json.dumps({ENDPOINT: "whsec_bm5ubm5ubm5ubm5ubm5ubm5ubm5ubm5ubm5ubm5ubm4="})


@pytest.mark.parametrize(
    "url", ["http://[::1/told", "http://\u2100.example/", "http://x:99999/", "http://x:abc/", "ftp://x/", "told", "", 7]
)
def test_an_address_that_nobody_can_send_to_is_refused_with_its_name(url: object) -> None:
    """An operator who slips in an address reads which one at the start, and not in failed web hooks later."""
    given = {"KINDLINE_WEB_HOOK_SECRETS": SECRETS, "KINDLINE_WEB_HOOK_URLS": json.dumps({ENDPOINT: url})}
    with pytest.raises(SettingWrong, match=f"KINDLINE_WEB_HOOK_URLS: {ENDPOINT} has no http or https address"):
        ChannelSettings.read(Environment(given))


@pytest.mark.parametrize("url", ["http://127.0.0.1:80/told?a=b", "https://[::1]/told", "HTTPS://exämple.org"])
def test_an_address_that_can_be_sent_to_is_taken_as_it_is(url: str) -> None:
    """Nothing of an address is changed on its way."""
    given = {"KINDLINE_WEB_HOOK_SECRETS": SECRETS, "KINDLINE_WEB_HOOK_URLS": json.dumps({ENDPOINT: url})}
    assert ChannelSettings.read(Environment(given)).hook_urls == {ENDPOINT: url}


def test_a_file_of_secrets_that_is_no_text_is_refused_with_its_variable(tmp_path: Path) -> None:
    """An operator who names the wrong file reads what is wrong with it, and nothing of what is in it."""
    file = tmp_path / "secrets.json"
    file.write_bytes(b'{"acme/front/orders": "\xff"}')
    with pytest.raises(SettingWrong, match="KINDLINE_WEB_HOOK_SECRETS names a file that is no UTF-8 text"):
        ChannelSettings.read(Environment({"KINDLINE_WEB_HOOK_SECRETS": f"@{file}"}))
