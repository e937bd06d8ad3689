"""Cell references derived from the schema, so that no formula names a column letter by hand."""

from __future__ import annotations

from xlsxwriter.utility import xl_col_to_name

from xlbangfu.schema import ROSTER, SETTINGS, TEACHING, Sheet, setting

LAST_ROW = 2000  # dropdowns, highlights and live figures reach to here
CASELOAD_LAST = 500  # the figure that compares every row with every session stops here
MAX_PUPILS, MAX_SUBJECTS = 500, 12

ROSTER_NAMES, SUBJECT_NAMES = "XB_ROSTER_NAMES", "XB_SUBJECT_NAMES"
SUBJECT_CELLS, FULL_POINTS_CELLS = "XB_SUBJECT_CELLS", "XB_FULL_POINTS"
RUN_PYTHON, RUN_FROZEN, PYTHON = "XB_RUNPYTHON", "XB_RUNFROZEN", "XB_PYTHON"


def column_index(sheet: Sheet, code: str) -> int:
    """The column's place from 0. Raises KeyError."""
    return sheet.columns.index(sheet.column(code))


def column_letter(sheet: Sheet, code: str) -> str:
    """The column's letter. Raises KeyError."""
    return str(xl_col_to_name(column_index(sheet, code)))


def column_range(sheet: Sheet, code: str, last: int = LAST_ROW) -> str:
    """Absolute reference to the column below its header.

    >>> from xlbangfu.schema import CASELOAD
    >>> column_range(CASELOAD, "confirmed", 500)
    '学困生!$J$2:$J$500'
    """
    letter = column_letter(sheet, code)
    return f"{sheet.label}!${letter}$2:${letter}${last}"


def setting_value(code: str) -> str:
    """Formula text for the value of one row of 设置, found by its 项目: 0 where blank, #N/A where missing."""
    items, values = column_range(SETTINGS, "item", 100), column_range(SETTINGS, "value", 100)
    return f'INDEX({values},MATCH("{setting(code).label}",{items},0))'


def setting_text(code: str) -> str:
    """The same as text, "" where blank or missing."""
    return f'IFERROR({setting_value(code)}&"","")'


def _filled_part(cells: str) -> str:
    """Formula text: `cells` down to the last filled one, at least the first."""
    first = cells.split(":")[0]
    return f'={first}:INDEX({cells},MAX(1,SUMPRODUCT(MAX(({cells}<>"")*(ROW({cells})-1)))))'


def defined_names() -> dict[str, str]:
    """The names that dropdowns and highlights use: name → formula."""
    names = column_range(ROSTER, "name", MAX_PUPILS)
    subjects = column_range(TEACHING, "subject", 40)
    return {
        ROSTER_NAMES: _filled_part(names),
        SUBJECT_NAMES: _filled_part(subjects),
        SUBJECT_CELLS: f"={subjects}",
        FULL_POINTS_CELLS: f"={column_range(TEACHING, 'full_points', 40)}",
    }
