Attribute VB_Name = "Bangfu"
Option Explicit

' Every button, on the ribbon and on the first sheet, ends in RunAction with the id of an action.
' Excel and WPS hand over to Python through xlwings, or to the frozen program where the school installed
' that; LibreOffice starts the xlbangfu command, which attaches to the open workbook. Nothing here waits in
' LibreOffice: Python writes its result into XB_STATUS.
'
' ASCII only: the project is stored in code page 1252. Chinese sentences live in named cells.
' No conditional compilation: LibreOffice compiles both branches.

Public Sub OnRibbon(control As IRibbonControl)
    On Error GoTo Failed
    RunAction control.ID, control.Tag
    Exit Sub
Failed:
    Say "XB_SAY_FAILED"
End Sub

' asks: "file" or "folder" where the action has to be told one.
Private Sub RunAction(ByVal actionId As String, ByVal asks As String)
    On Error GoTo Failed
    If ThisWorkbook.Path = "" Then
        Say "XB_SAY_UNSAVED"
    ElseIf HostIsExcel() Then
        RunInExcel actionId, asks
    Else
        Say "XB_SAY_RUNNING"
        Shell Launcher() & " click " & actionId & " " & Quoted(BookPath()), 0
    End If
    Exit Sub
Failed:
    Say "XB_SAY_FAILED"
End Sub

Private Sub RunInExcel(ByVal actionId As String, ByVal asks As String)
    Dim picked As String
    Dim program As String
    If asks <> "" Then picked = PickedPath(asks)
    If picked = "-" Then
        Say "XB_SAY_CANCELLED"
        Exit Sub
    End If
    ThisWorkbook.Names("XB_PICKED").RefersToRange.Value = picked
    Say "XB_SAY_RUNNING"
    program = FrozenProgram()
    If program <> "" Then
        Application.Run NamedText("XB_RUNFROZEN"), program, "click " & actionId
    Else
        Application.Run NamedText("XB_RUNPYTHON"), _
            "import xlbangfu.buttons; xlbangfu.buttons.run('" & actionId & "')"
    End If
End Sub

' The path that the teacher chose; "-" after Cancel, "" where this system has no picker: then Python takes
' the cell of the settings sheet.
Private Function PickedPath(ByVal asks As String) As String
    Dim chosen As Variant
    On Error GoTo NoPicker
    If asks = "file" Then
        chosen = Application.GetOpenFilename(NamedText("XB_FILE_TYPES"), 1, NamedText("XB_PICK_FILE"))
    Else
        chosen = ChosenFolder()
    End If
    If VarType(chosen) = vbBoolean Then
        PickedPath = "-"
    Else
        PickedPath = CStr(chosen)
    End If
    Exit Function
NoPicker:
    PickedPath = ""
End Function

' 4 is msoFileDialogFolderPicker; False after Cancel.
Private Function ChosenFolder() As Variant
    Dim dialog As Object
    Set dialog = Application.FileDialog(4)
    dialog.Title = NamedText("XB_PICK_FOLDER")
    If dialog.Show = -1 Then
        ChosenFolder = dialog.SelectedItems(1)
    Else
        ChosenFolder = False
    End If
End Function

' Only Excel (and WPS) knows Application.Build.
Private Function HostIsExcel() As Boolean
    Dim build As Variant
    On Error Resume Next
    build = Application.Build
    HostIsExcel = (Err.Number = 0)
End Function

' The program without a Python of its own, where one was installed: its path stands in a file.
Private Function FrozenProgram() As String
    Dim place As String
    Dim number As Integer
    On Error Resume Next
    place = FileIn(Environ("LOCALAPPDATA"), "\xlbangfu\frozen.txt")
    If place = "" Then Exit Function
    number = FreeFile
    Open place For Input As #number
    Line Input #number, FrozenProgram
    Close #number
End Function

' What "xlbangfu install" left in the user's data folder; else the command of XB_PYTHON on the search path.
Private Function Launcher() As String
    Dim found As String
    found = FileIn(Environ("XLBANGFU_DATA"), "/xlbangfu")
    If found = "" Then found = FileIn(Environ("XLBANGFU_DATA"), "\xlbangfu.cmd")
    If found = "" Then found = FileIn(Environ("LOCALAPPDATA"), "\xlbangfu\xlbangfu.cmd")
    If found = "" Then found = FileIn(Environ("XDG_DATA_HOME"), "/xlbangfu/xlbangfu")
    If found = "" Then found = FileIn(Environ("HOME"), "/.local/share/xlbangfu/xlbangfu")
    If found = "" Then found = FileIn(Environ("HOME"), "/Library/Application Support/xlbangfu/xlbangfu")
    If found = "" Then
        Launcher = NamedText("XB_PYTHON")
    Else
        Launcher = Quoted(found)
    End If
End Function

Private Function FileIn(ByVal folder As String, ByVal file As String) As String
    On Error Resume Next
    If folder <> "" Then
        If Dir(folder & file) <> "" Then FileIn = folder & file
    End If
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
    RunAction "import_roster", "file"
End Sub

Public Sub Btn_import_scores()
    RunAction "import_scores", "file"
End Sub

Public Sub Btn_import_norms()
    RunAction "import_norms", "file"
End Sub

Public Sub Btn_check()
    RunAction "check", ""
End Sub

Public Sub Btn_screen()
    RunAction "screen", ""
End Sub

Public Sub Btn_confirm()
    RunAction "confirm", ""
End Sub

Public Sub Btn_freeze()
    RunAction "freeze", ""
End Sub

Public Sub Btn_profile()
    RunAction "profile", ""
End Sub

Public Sub Btn_restricted()
    RunAction "restricted", ""
End Sub

Public Sub Btn_plan()
    RunAction "plan", ""
End Sub

Public Sub Btn_pair()
    RunAction "pair", ""
End Sub

Public Sub Btn_group()
    RunAction "group", ""
End Sub

Public Sub Btn_session()
    RunAction "session", ""
End Sub

Public Sub Btn_convert()
    RunAction "convert", ""
End Sub

Public Sub Btn_progress()
    RunAction "progress", ""
End Sub

Public Sub Btn_audit()
    RunAction "audit", ""
End Sub

Public Sub Btn_summarise()
    RunAction "summarise", ""
End Sub

Public Sub Btn_written()
    RunAction "written", ""
End Sub

Public Sub Btn_slips()
    RunAction "slips", ""
End Sub

Public Sub Btn_cards()
    RunAction "cards", ""
End Sub

Public Sub Btn_poster()
    RunAction "poster", ""
End Sub

Public Sub Btn_merge()
    RunAction "merge", "folder"
End Sub

Public Sub Btn_verify()
    RunAction "verify", ""
End Sub

Public Sub Btn_undo()
    RunAction "undo", ""
End Sub

Public Sub Btn_doctor()
    RunAction "doctor", ""
End Sub

Public Sub Btn_guide()
    RunAction "guide", ""
End Sub

' ---- end of buttons ----
