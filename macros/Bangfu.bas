Attribute VB_Name = "Bangfu"
Option Explicit

' Every button, on the ribbon and on the first sheet, ends in RunAction with the id of an action.
' Excel and WPS hand over to Python through xlwings; LibreOffice starts the xlbangfu command, which
' attaches to the open workbook. Nothing here waits: Python writes its result into XB_STATUS.
'
' ASCII only: the project is stored in code page 1252. Chinese sentences live in named cells.
' No conditional compilation: LibreOffice compiles both branches.

Public Sub OnRibbon(control As IRibbonControl)
    On Error GoTo Failed
    RunAction control.ID
    Exit Sub
Failed:
    Say "XB_SAY_FAILED"
End Sub

Private Sub RunAction(ByVal actionId As String)
    On Error GoTo Failed
    Say "XB_SAY_RUNNING"
    If HostIsExcel() Then
        Application.Run NamedText("XB_RUNPYTHON"), _
            "import xlbangfu.buttons; xlbangfu.buttons.run('" & actionId & "')"
    ElseIf ThisWorkbook.Path = "" Then
        Say "XB_SAY_UNSAVED"
    Else
        Shell NamedText("XB_PYTHON") & " click " & actionId & " " & Quoted(BookPath()), 0
    End If
    Exit Sub
Failed:
    Say "XB_SAY_FAILED"
End Sub

' Only Excel (and WPS) knows Application.Build.
Private Function HostIsExcel() As Boolean
    Dim build As Variant
    On Error Resume Next
    build = Application.Build
    HostIsExcel = (Err.Number = 0)
End Function

' In LibreOffice, FullName is the name without the folder.
Private Function BookPath() As String
    BookPath = ThisWorkbook.Path & Application.PathSeparator & ThisWorkbook.Name
End Function

Private Function Quoted(ByVal text As String) As String
    Quoted = Chr(34) & text & Chr(34)
End Function

Private Function NamedText(ByVal cellName As String) As String
    NamedText = CStr(ThisWorkbook.Names(cellName).RefersToRange.Value)
End Function

' Puts the sentence of a named cell into the status cell; a workbook without that cell must not stop a click.
Private Sub Say(ByVal cellName As String)
    On Error Resume Next
    ThisWorkbook.Names("XB_STATUS").RefersToRange.Value = NamedText(cellName)
End Sub

' ---- buttons: generated from the catalogue of actions ----

Public Sub Btn_import_roster()
    RunAction "import_roster"
End Sub

Public Sub Btn_import_scores()
    RunAction "import_scores"
End Sub

Public Sub Btn_import_norms()
    RunAction "import_norms"
End Sub

Public Sub Btn_check()
    RunAction "check"
End Sub

Public Sub Btn_screen()
    RunAction "screen"
End Sub

Public Sub Btn_confirm()
    RunAction "confirm"
End Sub

Public Sub Btn_freeze()
    RunAction "freeze"
End Sub

Public Sub Btn_profile()
    RunAction "profile"
End Sub

Public Sub Btn_restricted()
    RunAction "restricted"
End Sub

Public Sub Btn_plan()
    RunAction "plan"
End Sub

Public Sub Btn_pair()
    RunAction "pair"
End Sub

Public Sub Btn_group()
    RunAction "group"
End Sub

Public Sub Btn_session()
    RunAction "session"
End Sub

Public Sub Btn_convert()
    RunAction "convert"
End Sub

Public Sub Btn_progress()
    RunAction "progress"
End Sub

Public Sub Btn_audit()
    RunAction "audit"
End Sub

Public Sub Btn_summarise()
    RunAction "summarise"
End Sub

Public Sub Btn_written()
    RunAction "written"
End Sub

Public Sub Btn_slips()
    RunAction "slips"
End Sub

Public Sub Btn_cards()
    RunAction "cards"
End Sub

Public Sub Btn_poster()
    RunAction "poster"
End Sub

Public Sub Btn_merge()
    RunAction "merge"
End Sub

Public Sub Btn_verify()
    RunAction "verify"
End Sub

Public Sub Btn_undo()
    RunAction "undo"
End Sub

Public Sub Btn_doctor()
    RunAction "doctor"
End Sub

Public Sub Btn_guide()
    RunAction "guide"
End Sub

' ---- end of buttons ----
