"""Text as a person sees it: what is invisible, or only another spelling of a blank, makes no difference.

Files that were copied from web pages, chats and PDFs carry characters that nobody sees: U+200B, U+FEFF, soft
hyphens, marks of writing direction, variation selectors behind rare characters. Source: spec §3.1.
"""

from __future__ import annotations

import re
import unicodedata

from xlbangfu.programme.numbers import clean_text

_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb"
    "\U000e0001-\U000e007f\U000e0100-\U000e01ef]+"
)
_BLANKS = re.compile(r"\s+")


def visible_text(value: object) -> str:
    """The text of a cell without what nobody sees: NFKC, outer blanks gone; None gives "".

    >>> visible_text("\\ufeff８５\\u200b ")
    '85'
    """
    return "" if value is None else clean_text(_UNSEEN.sub("", str(value)))


def solid_text(value: object) -> str:
    """The same without any blanks: for comparing headers, names and words.

    >>> solid_text("姓　名 "), solid_text("测\\u00a0试\\u200b甲")
    ('姓名', '测试甲')
    """
    # NFC again: an accent that stood behind a blank now stands behind a letter.
    return unicodedata.normalize("NFC", _BLANKS.sub("", visible_text(value)))
