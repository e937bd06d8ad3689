"""Where the rows of a file went, so that none is lost. Source: spec §3.1."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Accounting:
    """Where the rows of a file went: read = taken + listed + elsewhere + headings + blanks + totals + unread.

    elsewhere: rows about pupils of other classes or other exams, when one workbook takes its share of a file.
    unread: rows of sheets that are no table of this kind or hidden; each such sheet is listed.
    """

    read: int = 0
    taken: int = 0
    listed: int = 0
    elsewhere: int = 0
    headings: int = 0
    blanks: int = 0
    totals: int = 0
    unread: int = 0

    @property
    def skipped(self) -> int:
        """Headings, blank rows and totals."""
        return self.headings + self.blanks + self.totals

    @property
    def balanced(self) -> bool:
        """True if every row read is accounted for."""
        return self.read == self.taken + self.listed + self.elsewhere + self.skipped + self.unread

    def __add__(self, other: Accounting) -> Accounting:
        return Accounting(*(a + b for a, b in zip(self._parts, other._parts, strict=True)))

    @property
    def _parts(self) -> tuple[int, ...]:
        return (
            self.read,
            self.taken,
            self.listed,
            self.elsewhere,
            self.headings,
            self.blanks,
            self.totals,
            self.unread,
        )

    def counts(self) -> dict[str, int]:
        """The figures under the words that a report shows."""
        return {
            "读取行": self.read,
            "导入行": self.taken,
            "列出行": self.listed,
            "跳过行": self.skipped,
            "其他班级行": self.elsewhere,
            "其他工作表行": self.unread,
        }

    def sentence(self) -> str:
        """「读取 60 行：导入 55 行，列出 1 行，跳过 4 行」."""
        parts = [f"导入 {self.taken} 行"]
        parts += [f"列出 {self.listed} 行"] if self.listed else []
        parts += [f"其他班级 {self.elsewhere} 行"] if self.elsewhere else []
        parts += [f"跳过标题、空行、合计 {self.skipped} 行"] if self.skipped else []
        parts += [f"没有读取的工作表 {self.unread} 行"] if self.unread else []
        return f"读取 {self.read} 行：{'，'.join(parts)}"


NOTHING_READ = Accounting()
