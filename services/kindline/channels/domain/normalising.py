"""Text as it came, and its normalised form beside it, for whoever searches or compares.

Promises that the raw text passes byte for byte, whatever its script and however garbled, and that normalising twice
gives the same as normalising once.
"""

from __future__ import annotations

import re
import unicodedata

from kindline.language.content import Content

# Marks that change how text looks or where it breaks but not what it says: C0 and C1 controls except tab and line
# feed, soft hyphen, bidirectional controls, zero-width space, word joiner, invisible operators, byte-order mark and
# interlinear anchors. The joiners U+200C and U+200D stay: Persian, Indic scripts and emoji are spelt with them.
_CONTROL_MARKS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]"
)
LONGEST_NORMALISED_BYTES = 65_536
"""A compatibility form can be eighteen times as long as its text; a longer one is left out, the text never is."""

_LINE_ENDS = re.compile("\r\n?|\x85|\u2028|\u2029")
_SURROGATES = re.compile("[\ud800-\udfff]")


def normalised(text: str) -> str:
    """The NFKC form without control marks, with line feeds only; '' when that is the text itself."""
    form = _normal_form(text)
    return "" if form == text else form


def content_of(text: str) -> Content:
    """What was said, as it was said.

    Half a surrogate pair, which JSON can spell but UTF-8 cannot, is kept as the octets a lenient encoder gives it.
    """
    broken = _SURROGATES.search(text) is not None
    form = _normal_form(text) if broken else normalised(text)
    if len(form.encode()) > LONGEST_NORMALISED_BYTES:
        form = ""
    return Content(body=text.encode("utf-8", "surrogatepass") if broken else text, normalised=form)


def text_of(content: Content | None) -> str:
    """What was said, for a page to show; sealed or kept elsewhere, it is empty."""
    if content is None:
        return ""
    if isinstance(content.body, str):
        return content.body
    if isinstance(content.body, bytes):
        try:
            return content.body.decode("utf-8", "surrogatepass")
        except UnicodeDecodeError:
            return content.body.decode("utf-8", "replace")
    return ""


def _normal_form(text: str) -> str:
    whole = _SURROGATES.sub("\ufffd", text)
    return unicodedata.normalize("NFKC", _CONTROL_MARKS.sub("", _LINE_ENDS.sub("\n", whole)))
