"""Text passes byte for byte, and its normalised form can be searched."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kindline.channels.domain.normalising import LONGEST_NORMALISED_BYTES, content_of, normalised, text_of

ANY_TEXT = st.text(st.characters(), max_size=200)
"""Any code points at all, halves of surrogate pairs included."""


@pytest.mark.parametrize(
    "text, form",
    [
        ("Grüße", ""),
        ("ｆｕｌｌ ｗｉｄｔｈ", "full width"),
        ("ﬁne", "fine"),
        ("e\u0301", "é"),
        ("pay\u202etxt.exe\u202c now", "paytxt.exe now"),
        ("zero\u200bwidth", "zerowidth"),
        ("one\r\ntwo\rthree", "one\ntwo\nthree"),
        ("你好，世界", "你好,世界"),
        ("می\u200cخواهم", ""),
        ("👩\u200d👧", ""),
        ("\u0000null", "null"),
    ],
)
def test_a_normalised_form_reads_as_the_text_does(text: str, form: str) -> None:
    """Marks that only disguise or decorate are gone, and joiners that spell words and families stay."""
    assert normalised(text) == form


@given(ANY_TEXT)
def test_text_passes_byte_for_byte(text: str) -> None:
    """What a customer typed is what the agent gets, whatever it is."""
    content = content_of(text)
    assert text_of(content) == text
    if isinstance(content.body, bytes):
        assert content.body.decode("utf-8", "surrogatepass") == text
    else:
        assert content.body == text


@given(ANY_TEXT)
def test_the_normalised_form_is_normal_and_valid(text: str) -> None:
    """A normalised form is NFKC, can be stored as UTF-8, and normalising it again changes nothing."""
    form = content_of(text).normalised
    assert unicodedata.is_normalized("NFKC", form)
    assert form.encode().decode() == form
    assert normalised(form) == ""


def test_half_a_surrogate_pair_is_kept_as_octets() -> None:
    """JSON can spell half a character; it is kept as it came, with a readable form beside it."""
    content = content_of("a\ud800b")
    assert content.body == b"a\xed\xa0\x80b"
    assert content.normalised == "a\ufffdb"


def test_a_normalised_form_never_outgrows_what_the_ledger_takes() -> None:
    """A text whose normalised form would be eighteen times as long is kept without that form."""
    content = content_of("\ufdfa" * 10_000)
    assert content.body == "\ufdfa" * 10_000
    assert len(content.normalised.encode()) <= LONGEST_NORMALISED_BYTES
