"""The macros of the menu, in LibreOffice Basic: one Sub per action, all ending in RunAction.

They live in the program, not in the workbook: they work where document macros are off, and after LibreOffice has
saved the workbook. Unlike the workbook's VBA they need not be ASCII.
"""

from __future__ import annotations

from collections.abc import Iterable

from xlbangfu.actions.catalogue import ACTIONS, Action
from xlbangfu.schema import RUNNING_CELL, STATUS_CELL

LIBRARY, MODULE = "XlbangfuMenu", "Actions"
TITLE = "学困生帮扶"

NO_WORKBOOK = "这不是班级工作簿。请先打开班级工作簿，再点这里。"
NOT_SAVED = "请先把工作簿保存到电脑上，再点一次。"
NOT_LOCAL = "工作簿不在这台电脑上。请先另存到本机的文件夹，再点一次。"
NO_LAUNCHER = "没有找到 xlbangfu，请先运行 xlbangfu install。"
BOTH_QUOTES = "文件名或文件夹名里同时有单引号和双引号，请改名后再点一次。"
FAILED = "没有启动成功。请运行 xlbangfu doctor，看看本机的安装。"

_SOURCE = """\
Option Explicit

' Starts the xlbangfu command for the workbook in front. Nothing here waits: Python writes its result into the
' status cell of the workbook. Generated from the catalogue of actions; do not edit.

Private Sub RunAction(actionId As String)
    Dim place As String
    Dim program As String
    On Error GoTo Failed
    If Not IsClassBook(ThisComponent) Then
        Tell "{no_workbook}"
    ElseIf ThisComponent.getURL() = "" Then
        Tell "{not_saved}"
    ElseIf Left(ThisComponent.getURL(), 7) <> "file://" Then
        Tell "{not_local}"
    Else
        place = Quoted(ConvertFromURL(ThisComponent.getURL()))
        program = Quoted(Launcher())
        If program = "" Then
            Tell "{no_launcher}"
        ElseIf place = "-" Or program = "-" Then
            Tell "{both_quotes}"
        Else
            NamedCell("{status}").String = NamedCell("{running}").String
            Shell(program, 0, "click " & actionId & " " & place, False)
        End If
    End If
    Exit Sub
Failed:
    Tell "{failed}"
End Sub

Private Function IsClassBook(document As Object) As Boolean
    IsClassBook = False
    If IsNull(document) Then Exit Function
    If Not HasUnoInterfaces(document, "com.sun.star.sheet.XSpreadsheetDocument") Then Exit Function
    IsClassBook = document.NamedRanges.hasByName("{status}")
End Function

Private Function NamedCell(cellName As String) As Object
    NamedCell = ThisComponent.NamedRanges.getByName(cellName).getReferredCells().getCellByPosition(0, 0)
End Function

' What "xlbangfu install" left in the user's data folder, "" if it is nowhere; the same order as in the workbook.
Private Function Launcher() As String
    Dim found As String
    found = FileIn(Environ("XLBANGFU_DATA"), "/xlbangfu")
    If found = "" Then found = FileIn(Environ("XLBANGFU_DATA"), "\\xlbangfu.cmd")
    If found = "" Then found = FileIn(Environ("XDG_DATA_HOME"), "/xlbangfu/xlbangfu")
    If found = "" Then found = FileIn(Environ("HOME"), "/.local/share/xlbangfu/xlbangfu")
    If found = "" Then found = FileIn(Environ("LOCALAPPDATA"), "\\xlbangfu\\xlbangfu.cmd")
    If found = "" Then found = FileIn(Environ("HOME"), "/Library/Application Support/xlbangfu/xlbangfu")
    Launcher = found
End Function

Private Function FileIn(folder As String, file As String) As String
    FileIn = ""
    If folder = "" Then Exit Function
    If FileExists(folder & file) Then FileIn = folder & file
End Function

' Shell splits its line at blanks, and knows either quotation mark, but no way to write one inside the other.
Private Function Quoted(text As String) As String
    If text = "" Then
        Quoted = ""
    ElseIf InStr(text, Chr(34)) = 0 Then
        Quoted = Chr(34) & text & Chr(34)
    ElseIf InStr(text, Chr(39)) = 0 Then
        Quoted = Chr(39) & text & Chr(39)
    Else
        Quoted = "-"
    End If
End Function

Private Sub Tell(sentence As String)
    MsgBox(sentence, 48, "{title}")
End Sub
"""


def sub_name(action: Action) -> str:
    """The Sub of an action.

    >>> from xlbangfu.actions.catalogue import action
    >>> sub_name(action("screen"))
    'Menu_screen'
    """
    return f"Menu_{action.id}"


def macro_url(action: Action) -> str:
    """The address by which menu and toolbar call the Sub."""
    return f"vnd.sun.star.script:{LIBRARY}.{MODULE}.{sub_name(action)}?language=Basic&location=application"


def available_actions() -> tuple[Action, ...]:
    """What this version can do, in the order of the catalogue."""
    return tuple(a for a in ACTIONS if a.available)


def basic_source(actions: Iterable[Action] | None = None) -> str:
    """The whole module as Basic text; actions: those that get a Sub, by default all available ones."""
    head = _SOURCE.format(
        no_workbook=NO_WORKBOOK, not_saved=NOT_SAVED, not_local=NOT_LOCAL, no_launcher=NO_LAUNCHER,
        both_quotes=BOTH_QUOTES, failed=FAILED, title=TITLE, status=STATUS_CELL, running=RUNNING_CELL,
    )  # fmt: skip
    return "\n".join([head, *(_sub(a) for a in (available_actions() if actions is None else actions))])


def _sub(action: Action) -> str:
    return f'Sub {sub_name(action)}()\n    RunAction("{action.id}")\nEnd Sub\n'
