"""Conditional formats: which cells stand out, and when. Data, then one function that draws them.

Every rule is a formula that is false on an empty row, so prepared rows stay white.
"""

from __future__ import annotations

from dataclasses import dataclass

from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from xlbangfu import schema
from xlbangfu.schema import Sheet
from xlbangfu.workbook.template.looks import Looks
from xlbangfu.workbook.template.ranges import FULL_POINTS_CELLS, LAST_ROW, SUBJECT_CELLS, column_letter


@dataclass(frozen=True)
class Highlight:
    """`column` (code name, "" = the whole row) takes `signal` while `when` holds; {code} stands for a cell of the row."""

    sheet: str
    column: str
    when: str
    signal: str


def _words(sheet: str, column: str, words: dict[str, str]) -> tuple[Highlight, ...]:
    return tuple(Highlight(sheet, column, f'{{{column}}}="{word}"', signal) for word, signal in words.items())


_PENDING = {schema.PENDING: "attention"}
_STATE_SIGNALS = {
    schema.CONVERTED: "good",
    schema.NOT_CONVERTED: "weak",
    schema.ABSENT: "attention",
    schema.TRANSFERRED: "muted",
    schema.ADDED: "muted",
    schema.AWAITING_NORMS: "attention",
}
_TREND_SIGNALS = {
    schema.RELIABLE_UP: "good",
    schema.UP: "good",
    schema.DOWN: "weak",
    schema.RELIABLE_DOWN: "weak",
}

HIGHLIGHTS: tuple[Highlight, ...] = (
    Highlight("roster", "pupil_id", 'AND({pupil_id}<>"",SUMPRODUCT(--($A$2:$A$500={pupil_id}))>1)', "error"),
    *_words("roster", "status", {schema.DROPPED_OUT: "attention", schema.MOVED_IN: "good"}),
    *(Highlight("roster", "", f'{{status}}="{s}"', "muted") for s in (schema.MOVED_OUT, schema.ON_LEAVE)),
    Highlight("observations", "severity", "AND(ISNUMBER({severity}),{severity}>=4)", "weak"),
    Highlight("caseload", "", f'{{standing}}="{schema.NO_LONGER}"', "muted"),
    Highlight("caseload", "", f'{{confirmed}}="{schema.NO}"', "muted"),
    *_words("caseload", "confirmed", _PENDING),
    *_words("caseload", "case_type", {schema.DUAL: "weak", schema.WATCH: "good"}),
    Highlight("plans", "", '{state}="终止"', "muted"),
    *_words("plans", "state", {"草案": "attention", "调整": "weak", "完成": "good"}),
    Highlight("pairs", "", f'{{confirmed}}="{schema.NO}"', "muted"),
    *_words("pairs", "confirmed", _PENDING),
    Highlight("sessions", "effect", "AND(ISNUMBER({effect}),{effect}<=2)", "weak"),
    *_words("process", "goal", {"未达成": "weak", "达成": "good", "超额": "good"}),
    *_words("conversions", "midterm_state", _STATE_SIGNALS),
    *_words("conversions", "final_state", _STATE_SIGNALS),
    *_words("conversion_stats", "met", {schema.YES: "good", schema.NO: "weak", schema.NOT_APPLICABLE: "muted"}),
    Highlight("conversion_stats", "rate", "AND(ISNUMBER({base}),{base}<5)", "small"),
    *_words("progress", "trend", _TREND_SIGNALS),
    *_words("audit", "result", {"落实": "good", "部分": "attention", "未落实": "weak", "不适用": "muted"}),
    *_words("written", "state", {"草稿": "attention", "已定稿": "good"}),
    *_words("issues", "level", {schema.ERROR: "error", schema.REMINDER: "attention"}),
)

REQUIRED_SETTINGS = ("school", "term", "grade", "class_name", "baseline_exam")


def draw_highlights(ws: Worksheet, looks: Looks, sheet: Sheet, columns: int) -> None:
    """The sheet's own highlights first, then the borders and bands of filled rows. `columns`: how many it has."""
    for item in HIGHLIGHTS:
        if item.sheet == sheet.code:
            first, last = _columns_of(sheet, item.column, columns)
            _rule(ws, first, last, _formula(sheet, item.when), looks, item.signal)
    if sheet.by_subject:
        _score_highlights(ws, looks, sheet, columns)
    if sheet is schema.SETTINGS:
        _setting_highlights(ws, looks)
    filled = f"COUNTA($A2:${xl_col_to_name(columns - 1)}2)>0"
    for band, formula in ((True, f"AND({filled},MOD(ROW(),2)=1)"), (False, filled)):
        area = (1, 0, LAST_ROW - 1, columns - 1)
        ws.conditional_format(*area, {"type": "formula", "criteria": f"={formula}", "format": looks.filled_row(band)})


def _rule(ws: Worksheet, first: int, last: int, formula: str, looks: Looks, signal: str) -> None:
    ws.conditional_format(
        1, first, LAST_ROW - 1, last,
        {"type": "formula", "criteria": f"={formula}", "format": looks.signal(signal)},
    )  # fmt: skip


def _columns_of(sheet: Sheet, code: str, columns: int) -> tuple[int, int]:
    if not code:
        return 0, columns - 1
    place = sheet.columns.index(sheet.column(code))
    return place, place


def _formula(sheet: Sheet, when: str) -> str:
    return when.format(**{c.code: f"${column_letter(sheet, c.code)}2" for c in sheet.columns})


def _score_highlights(ws: Worksheet, looks: Looks, sheet: Sheet, columns: int) -> None:
    """Absences grey; a number above the subject's 满分 (by name: Excel's older rules allow no other sheet)."""
    first = len(sheet.columns)
    cell, header = f"{xl_col_to_name(first)}2", f"{xl_col_to_name(first)}$1"
    full = f"IFERROR(N(INDEX({FULL_POINTS_CELLS},MATCH({header},{SUBJECT_CELLS},0))),0)"
    _rule(ws, first, columns - 1, f"AND(ISNUMBER({cell}),{full}>0,{cell}>{full})", looks, "error")
    absent = ",".join(f'{cell}="{word}"' for word in schema.ABSENCES)
    _rule(ws, first, columns - 1, f"OR({absent})", looks, "muted")


def _setting_highlights(ws: Worksheet, looks: Looks) -> None:
    """The few settings nothing works without stand out until they are filled."""
    labels = ",".join(f'$A2="{schema.setting(code).label}"' for code in REQUIRED_SETTINGS)
    _rule(ws, 1, 1, f'AND(OR({labels}),$B2="")', looks, "attention")
