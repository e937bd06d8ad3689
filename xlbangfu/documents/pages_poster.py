"""结对张贴表: the sheet for the wall, names and nothing else. Source: spec §7."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from xlbangfu.documents.pages import CENTRED, HEADER, PAGE_PIXELS, TITLE, VALUE, Cell, Paper
from xlbangfu.documents.privacy import PAGE, POSTER, allow
from xlbangfu.workbook.template.looks import BAND, MUTED

HEADING = "学习伙伴"
ABOUT = "学习伙伴一起学，互相帮，共同进步。"
_NAME_PIXELS = 190
_POINTS = 13
_ROW_POINTS = 22.5
_ROWS_A_PAGE, _HEAD_ROWS = 32, 4  # at that height; the head takes the room of four rows


def poster_file(head: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], made_on: date) -> bytes:
    """The .xlsx. head: school, term, class_label. rows: name and partners, in the order of the sheet.

    made_on: the file's own date, which does not stand on the sheet.
    """
    (page_head,) = allow(POSTER, [head], PAGE)
    paper = Paper(HEADING, made_on)
    page = paper.page(HEADING, (_NAME_PIXELS, PAGE_PIXELS - _NAME_PIXELS), points=_POINTS)
    page.line(Cell(0, 1, page_head.get("school"), {"align": "center", "font_color": MUTED}), least=24)
    title = f"{page_head.get('class_label') or ''} {HEADING}".strip()
    page.line(Cell(0, 1, title, {**TITLE, "font_size": 26}), least=48)
    page.line(Cell(0, 1, ABOUT, {"align": "center", "font_size": 11, "font_color": MUTED}), least=26)
    header = page.row
    page.line(Cell(0, 0, "姓名", HEADER), Cell(1, 1, HEADING, HEADER), least=30)
    for number, row in enumerate(allow(POSTER, rows)):
        band = {"bg_color": BAND} if number % 2 else {}
        page.line(
            Cell(0, 0, row.get("name"), {**CENTRED, **band, "bold": True, "text_wrap": False}),
            Cell(1, 1, row.get("partners"), {**VALUE, **band}),
            least=_ROW_POINTS,
        )
    footer = " ".join(str(page_head[c]) for c in ("term", "class_label") if page_head.get(c))
    pages = math.ceil((len(rows) + _HEAD_ROWS) / _ROWS_A_PAGE)
    page.finish(footer, pages_long=pages, repeat=(header, header))
    return paper.close()
