"""The macros and the ribbon: one source of truth, valid VBA in every host, and what a press really does."""

from __future__ import annotations

import re
import subprocess
import sys
import warnings
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import openpyxl
import pytest
from pyopenvba import ExcelFile
from pyopenvba.apps.excel import ExcelApplication

from xlbangfu import schema
from xlbangfu.actions.catalogue import ACTIONS, BY_ID, RIBBON_GROUPS
from xlbangfu.workbook.template import macro_source, template_path
from xlbangfu.workbook.template.ribbon import ICONS, LARGE, NAMESPACE, RELATIONSHIP
from xlbangfu.workbook.template.sources import MACRO_FILES, MODULE, RIBBON, WORKBOOK_MODULE, find_data
from xlbangfu.workbook.template.vba import button_macro, generated_macros

MACROS = find_data("macros", MODULE).parent
TAG = f"{{{NAMESPACE}}}"


@pytest.fixture(scope="module")
def module():
    return macro_source(MODULE)


@pytest.fixture(scope="module")
def ribbon():
    return ElementTree.fromstring(macro_source(RIBBON))


class TestOneSourceOfTruth:
    def test_the_committed_macros_are_what_the_catalogue_generates(self):
        assert generated_macros() == {name: macro_source(name) for name in MACRO_FILES}

    def test_each_action_has_one_sub_that_names_it(self, module):
        pattern = r'^Public Sub (Btn_\w+)\(\)\n    RunAction "(\w+)", "(\w*)"\nEnd Sub$'
        subs = re.findall(pattern, module, re.MULTILINE)
        assert subs == [(button_macro(a.id), a.id, a.picks) for a in ACTIONS]

    def test_each_ribbon_button_is_an_action_in_its_group(self, ribbon):
        groups = {g.get("label"): [b.get("id") for b in g.iter(f"{TAG}button")] for g in ribbon.iter(f"{TAG}group")}
        assert groups == {g: [a.id for a in ACTIONS if a.group == g] for g in RIBBON_GROUPS}

    def test_labels_and_tips_are_the_catalogues_and_absent_actions_are_grey(self, ribbon):
        for button in ribbon.iter(f"{TAG}button"):
            a = BY_ID[button.get("id")]
            assert button.get("label") == button.get("screentip") == a.label
            assert button.get("supertip").startswith(a.tip)
            assert button.get("enabled") == (None if a.available else "false")
            assert button.get("imageMso") == ICONS[a.id]
            assert (button.get("tag") or "") == a.picks

    def test_the_callback_exists_with_the_ribbons_signature(self, ribbon, module):
        assert {b.get("onAction") for b in ribbon.iter(f"{TAG}button")} == {"OnRibbon"}
        assert "Public Sub OnRibbon(control As IRibbonControl)" in module

    def test_ids_are_unique_and_icons_name_known_actions(self, ribbon):
        ids = [e.get("id") for e in ribbon.iter() if e.get("id")]
        assert len(ids) == len(set(ids))
        assert set(ICONS) == set(BY_ID)
        assert set(BY_ID) >= LARGE

    def test_only_the_2006_ribbon_is_in_the_file_and_it_is_the_committed_one(self):
        with zipfile.ZipFile(template_path()) as package:
            assert package.read("customUI/customUI.xml").decode() == macro_source(RIBBON)
            assert RELATIONSHIP in package.read("_rels/.rels").decode()
            assert [n for n in package.namelist() if n.startswith("customUI/")] == ["customUI/customUI.xml"]


class TestTheSourceText:
    @pytest.mark.parametrize("name", [MODULE, WORKBOOK_MODULE])
    def test_it_is_ascii_with_option_explicit(self, name):
        source = macro_source(name)
        assert source.isascii()
        assert re.search(r"^Option Explicit$", source, re.MULTILINE)

    def test_it_avoids_what_breaks_a_host(self, module):
        code = "\n".join(line for line in module.splitlines() if not line.lstrip().startswith("'"))
        for word in ("#If", "#Const", "Declare ", "CreateUnoService", "GetGUIType", "CreateObject", "MsgBox"):
            assert word not in code

    def test_whatever_can_fail_says_so_in_the_status_cell(self, module):
        for name in ("OnRibbon", "RunAction"):
            body = re.search(rf"Sub {name}\(.*?End Sub", module, re.DOTALL)[0]
            assert "On Error GoTo Failed" in body
            assert 'Failed:\n    Say "XB_SAY_FAILED"' in body

    def test_the_file_holds_the_same_source(self):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # olevba's grammar uses names that pyparsing has retired
            from oletools.olevba import VBA_Parser
        held = {}
        parser = VBA_Parser(str(template_path()))
        for _, _, name, code in parser.extract_macros():
            held[name.split("/")[-1]] = code
        parser.close()
        for name in (MODULE, WORKBOOK_MODULE):
            assert body(held[name]) == body(macro_source(name))

    def test_module_names_equal_the_code_names_of_workbook_and_sheets(self):
        book = openpyxl.load_workbook(template_path(), keep_vba=True)
        codes = [book.code_name, *(ws.sheet_properties.codeName for ws in book)]
        with ExcelFile(template_path()) as host:
            assert host.module_names() == [*codes, Path(MODULE).stem]
        assert len(codes) == len(schema.TAB_ORDER) + 1

    def test_pyvbaanalysis_finds_nothing(self):
        assert checked("pyvbaanalysis", "--whole-project", "--fail-level", "warning", str(MACROS)) == ""

    @pytest.mark.parametrize("name", [MODULE, WORKBOOK_MODULE])
    def test_vbalidator_finds_nothing(self, tmp_path, name):
        """One file at a time: beside ThisWorkbook.cls it takes ThisWorkbook for a class with no other members."""
        (tmp_path / name).write_text(macro_source(name), encoding="ascii")
        report = tmp_path / "report.json"
        assert checked("vbalidator", str(tmp_path), "--host", "excel", "--quiet", "--output", str(report)) == ""

    def test_the_analysis_would_notice_a_slip(self, tmp_path):
        slip = macro_source(MODULE).replace("Quoted(BookPath())", "Quotd(BookPath())")
        (tmp_path / MODULE).write_text(slip, encoding="ascii")
        assert checked("pyvbaanalysis", "--whole-project", "--fail-level", "warning", str(tmp_path)) != ""


def checked(tool: str, *arguments: str) -> str:
    """What the tool of this Python's environment complains about; "" when it is content."""
    command = [str(Path(sys.executable).parent / tool), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def body(source: str) -> list[str]:
    """The lines of a module without the header that only an export carries."""
    lines = source.replace("\r\n", "\n").split("\n")
    start = next(i for i, line in enumerate(lines) if line.startswith("Option Explicit"))
    return "\n".join(lines[start:]).rstrip().split("\n")


STUB = """Option Explicit
Public Sub StubRunPython(ByVal command As Variant)
    ThisWorkbook.Names("XB_PYTHON").RefersToRange.Value = command
End Sub
Public Sub PointTo(ByVal macro As Variant)
    ThisWorkbook.Names("XB_RUNPYTHON").RefersToRange.Value = macro
End Sub
Public Sub PointFrozenTo(ByVal macro As Variant)
    ThisWorkbook.Names("XB_RUNFROZEN").RefersToRange.Value = macro
End Sub
Public Sub StubRunFrozen(ByVal program As Variant, ByVal words As Variant)
    ThisWorkbook.Names("XB_PYTHON").RefersToRange.Value = program & "|" & words
End Sub
Public Function StubOpenFilename(ByVal types As Variant, ByVal first As Variant, ByVal title As Variant) As Variant
    StubOpenFilename = Answer
    If Answer = "" Then Err.Raise 1004
    If Answer = "cancel" Then StubOpenFilename = False
End Function
Public Function StubFolder() As Variant
    StubFolder = StubOpenFilename("", 1, "")
End Function
Public Answer As Variant
Public Sub PickerAnswers(ByVal path As Variant)
    Answer = path
End Sub
Public Function Environ(ByVal name As Variant) As String
    Environ = ""
End Function
Public Function TextOf(ByVal cellName As Variant) As String
    TextOf = ThisWorkbook.Names(cellName).RefersToRange.Value
End Function
Public Sub PressOnRibbon(ByVal actionId As Variant, ByVal tag As Variant)
    Dim control As FakeControl
    Set control = New FakeControl
    control.ID = actionId
    control.Tag = tag
    OnRibbon control
End Sub
"""


# What the interpreter lacks: Excel's pickers, and files on the disk.
STAND_INS = {
    "Application.GetOpenFilename(": "StubOpenFilename(",
    "chosen = ChosenFolder()": "chosen = StubFolder()",
}


def excel_with(folder: Path, **replaced: str):
    """The template's own macros running in pyOpenVBA's interpreter, which answers as Excel.

    replaced: body of a function of the module, by its name.
    """
    source = macro_source(MODULE)
    for old, new in STAND_INS.items():
        assert old in source
        source = source.replace(old, new)
    for name, body_text in replaced.items():
        source, found = re.subn(
            rf"(Private Function {name}\(\) As String\n).*?(\nEnd Function)",
            lambda m, text=body_text: f"{m[1]}{text}{m[2]}",
            source,
            flags=re.DOTALL,
        )
        assert found == 1
    path = folder / "stand-in.xlsm"
    with ExcelFile(template_path()) as host:
        host.set_module(Path(MODULE).stem, source.replace("\n", "\r\n"))
        host.save(path)
    app = ExcelApplication.open(path)
    app.add_module("Option Explicit\nPublic ID As String\nPublic Tag As String\n", name="FakeControl", kind="class")
    app.add_module(STUB, name="Stub")
    app.run("PointTo", "StubRunPython")
    app.run("PointFrozenTo", "StubRunFrozen")
    app.run("PickerAnswers", "C:\\成绩\\期中 成绩.xlsx")
    return app


@pytest.fixture
def excel(tmp_path):
    return excel_with(tmp_path)


class TestAPressInExcel:
    def test_a_button_hands_its_action_to_python_and_says_that_it_is_working(self, excel):
        excel.run("Btn_screen")
        assert excel.run("TextOf", "XB_PYTHON") == "import xlbangfu.buttons; xlbangfu.buttons.run('screen')"
        assert "正在处理" in excel.run("TextOf", "XB_STATUS")

    def test_every_button_and_the_ribbon_send_the_same_words(self, excel):
        for a in ACTIONS:
            excel.run(button_macro(a.id))
            from_button = excel.run("TextOf", "XB_PYTHON")
            excel.run("PressOnRibbon", a.id, a.picks)
            assert excel.run("TextOf", "XB_PYTHON") == from_button
            assert f"run('{a.id}')" in from_button

    def test_without_the_add_in_the_status_cell_says_what_to_do(self, excel):
        excel.run("PointTo", "NoSuchMacro")
        excel.run("Btn_screen")
        assert "xlbangfu install" in excel.run("TextOf", "XB_STATUS")

    def test_the_frozen_program_is_started_where_one_was_installed(self, tmp_path):
        excel = excel_with(tmp_path, FrozenProgram='    FrozenProgram = "D:\\xlbangfu\\xlbangfuw.exe"')
        excel.run("Btn_screen")
        assert excel.run("TextOf", "XB_PYTHON") == "D:\\xlbangfu\\xlbangfuw.exe|click screen"

    @pytest.mark.parametrize("action_id", [a.id for a in ACTIONS if a.picks])
    def test_a_chosen_path_is_left_for_python(self, excel, action_id):
        excel.run(button_macro(action_id))
        assert excel.run("TextOf", "XB_PICKED") == "C:\\成绩\\期中 成绩.xlsx"
        assert f"run('{action_id}')" in excel.run("TextOf", "XB_PYTHON")

    @pytest.mark.parametrize("action_id", [a.id for a in ACTIONS if a.picks])
    def test_cancel_starts_nothing(self, excel, action_id):
        excel.run("PickerAnswers", "cancel")
        before = excel.run("TextOf", "XB_PYTHON")
        excel.run(button_macro(action_id))
        assert excel.run("TextOf", "XB_PYTHON") == before
        assert "没有选择" in excel.run("TextOf", "XB_STATUS")

    def test_without_a_picker_python_is_started_with_nothing_chosen(self, excel):
        excel.run("PickerAnswers", "")
        excel.run("Btn_import_scores")
        assert excel.run("TextOf", "XB_PICKED") in ("", None)
        assert "run('import_scores')" in excel.run("TextOf", "XB_PYTHON")

    def test_an_action_that_asks_nothing_forgets_what_was_chosen_before(self, excel):
        excel.run("Btn_import_scores")
        excel.run("Btn_screen")
        assert excel.run("TextOf", "XB_PICKED") in ("", None)
