"""What can go wrong with a workbook as a file, each as one Chinese sentence for the teacher.

The whole tree: WorkbookError
  ├ WorkbookLocked       somebody has it open, or the folder cannot be written
  ├ WorkbookUnreadable   not a workbook, damaged, encrypted, too large, an older format
  ├ WorkbookRearranged   the write is refused: the sheet no longer looks as it must for it
  └ WorkbookHalfWritten  a live write broke off and could not be taken back; 撤销上一步 sets it right
Wrong arguments of a caller are ValueError and TypeError, in English. Source: spec §3 (a click), §8.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os


class WorkbookError(Exception):
    """A workbook cannot be read or written as asked.

    message: a sentence for the teacher, what is wrong and what to do. path, sheet and cell: where, as far as
    it is known; the layer that knows a place fills it in with `placed`.
    """

    def __init__(
        self,
        message: str,
        *,
        path: str | os.PathLike[str] | None = None,
        sheet: str | None = None,
        cell: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.path = path
        self.sheet = sheet
        self.cell = cell

    def placed(self, path: str | os.PathLike[str] | None = None, sheet: str | None = None) -> WorkbookError:
        """The same error, with path and sheet filled in where they were unknown."""
        self.path = self.path if self.path is not None else path
        self.sheet = self.sheet if self.sheet is not None else sheet
        return self


class WorkbookLocked(WorkbookError):
    """Somebody has the workbook open, or its folder cannot be written; nothing was changed."""


class WorkbookUnreadable(WorkbookError):
    """The file is no workbook that can be read: damaged, cut off, encrypted, too large, an older format."""


class WorkbookRearranged(WorkbookError):
    """The write is refused because the sheet has been rearranged; the message names the cell."""


class WorkbookHalfWritten(WorkbookError):
    """A write into an open workbook broke off and could not be taken back at once; what stood there is kept."""


def no_table(label: str, path: str | os.PathLike[str] | None = None) -> WorkbookRearranged:
    """The refusal to write to a sheet whose table was turned into a plain range."""
    message = f"“{label}”不再是表格（可能已转换为普通区域），为免写错位置，本次没有写入；请从备份恢复这张表。"
    return WorkbookRearranged(message, path=path, sheet=label)
