"""What a run did, for a person and for `--json`. Source: spec §9."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from xlbangfu import schema
from xlbangfu.issues import Issue
from xlbangfu.schema import Sheet
from xlbangfu.workbook.cells import encode
from xlbangfu.workbook.parsing import address

DONE, DONE_WITH_ERRORS, REFUSED = 0, 1, 3


@dataclass
class Report:
    """What one run did, for a person and for `--json` (spec §9)."""

    action: str
    book: str = ""
    ok: bool = True
    message: str = ""
    counts: dict[str, int] = field(default_factory=dict)
    rows: list[dict[str, Any]] = field(default_factory=list)
    stats: list[dict[str, Any]] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    written: list[str] = field(default_factory=list)
    planned: list[str] = field(default_factory=list)
    seconds: float = 0.0
    place: tuple[str, str] = ("", "")  # sheet and cell that a refusal speaks of
    needs: str = ""  # what the run has to be told first: "exam", "import_password", "mapping"
    columns: list[dict[str, str]] = field(default_factory=list)  # of an imported file: what each was taken for

    def refuse(self, message: str, place: tuple[str, str] = ("", "")) -> None:
        """Nothing was written, and why."""
        self.ok, self.message, self.place = False, message, place

    def refuse_for(self, refusal: Exception) -> None:
        """Nothing was written, and what the exception says: sentence, place, what is needed, columns seen."""
        place = getattr(refusal, "place", None)
        at = (place[0], address(*place[1])) if place else None
        self.refuse(
            getattr(refusal, "message", None) or str(refusal),
            at or (getattr(refusal, "sheet", None) or "", getattr(refusal, "cell", None) or ""),
        )
        self.needs = getattr(refusal, "needs", "")
        self.columns = preview(getattr(refusal, "columns", ()))

    @property
    def exit_code(self) -> int:
        """0 done, 1 done with errors listed, 3 refused."""
        if not self.ok:
            return REFUSED
        return DONE_WITH_ERRORS if any(i.level == schema.ERROR for i in self.issues) else DONE

    def as_json(self) -> dict[str, Any]:
        """The object of spec §9."""
        found = {
            "action": self.action,
            "ok": self.ok,
            "book": self.book,
            "message": self.message,
            "counts": self.counts,
            "rows": self.rows,
            "stats": self.stats,
            "issues": [
                {
                    "level": i.level,
                    "sheet": i.sheet,
                    "cell": i.cell,
                    "rule": i.rule,
                    "message": i.message,
                    **({"file": i.file} if i.file else {}),
                }
                for i in self.issues
            ],
            "written": self.written,
            "seconds": round(self.seconds, 3),
        }
        found |= {"columns": self.columns} if self.columns else {}
        return found | ({"planned": self.planned} if self.planned else {})


def preview(columns: Iterable[Any]) -> list[dict[str, str]]:
    """What each column of a file was taken for, under Chinese labels (columns: imports.mapping.SeenColumn)."""
    return [
        {"工作表": c.sheet, "列": c.place, "表头": c.label, "样例": c.sample, "认作": c.found, "改为": c.chosen}
        for c in columns
    ]


# ---- tables for --json ---------------------------------------------------------------------------------


def json_value(value: Any) -> Any:
    """A plain value as JSON has it: exact numbers as numbers, dates as ISO text, lists joined with 、."""
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    return encode(value)


def json_row(sheet: Sheet, row: Mapping[str, Any]) -> dict[str, Any]:
    """A row under the Chinese labels of its sheet; rates as 「4/10」, not reduced. Source: spec §9."""
    found = {c.label: json_value(row.get(c.code)) for c in sheet.columns}
    if sheet is schema.CONVERSION_STATS:
        found |= stats_fields(row)
    return found


def stats_fields(row: Mapping[str, Any]) -> dict[str, Any]:
    """转化率 as text and 区间 as a pair, as spec §9 wants them."""
    rate = f"{row['converted']}/{row['base']}" if row.get("rate") is not None else None
    interval = [json_value(row["low"]), json_value(row["high"])] if row.get("low") is not None else None
    return {"转化率": rate, "区间": interval}


# ---- a folder ------------------------------------------------------------------------------------------


@dataclass
class FolderReport:
    """What one run did to every class workbook of a folder. skipped: spreadsheets that are no class workbooks."""

    action: str
    books: list[Report] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    columns: list[dict[str, str]] = field(default_factory=list)  # of an imported file: what each was taken for
    written: list[str] = field(default_factory=list)  # beside the workbooks
    accounting: Any = None  # imports.accounting.Accounting of a whole file that was spread over the workbooks

    @property
    def needs(self) -> str:
        """What the run has to be told first, where the file was refused before any workbook was opened."""
        return self.books[0].needs if len(self.books) == 1 else ""

    @property
    def message(self) -> str:
        """The sentence of the one refusal, "" where there are workbooks."""
        return self.books[0].message if len(self.books) == 1 else ""

    @property
    def ok(self) -> bool:
        """False only if every workbook was refused."""
        return any(r.ok for r in self.books)

    @property
    def exit_code(self) -> int:
        """0 done, 1 with errors or some refused, 3 all refused (or none there)."""
        if not self.ok:
            return REFUSED
        worst = any(r.exit_code for r in self.books) or any(i.level == schema.ERROR for i in self.issues)
        return DONE_WITH_ERRORS if worst else DONE

    def as_json(self) -> dict[str, Any]:
        """The object of spec §9 for a folder."""
        found: dict[str, Any] = {
            "action": self.action,
            "ok": self.ok,
            "books": [r.as_json() for r in self.books],
        }
        if self.accounting is not None:
            found["counts"] = self.accounting.counts()
        if self.skipped:
            found["skipped"] = self.skipped
        if self.columns:
            found["columns"] = self.columns
        if self.written:
            found["written"] = self.written
        if self.issues:
            found["issues"] = [
                {
                    "level": i.level,
                    "sheet": i.sheet,
                    "cell": i.cell,
                    "rule": i.rule,
                    "message": i.message,
                    "file": i.file,
                }
                for i in self.issues
            ]
        return found
