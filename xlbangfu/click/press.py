"""One press of a button on the open workbook, from the status line to the result: the same for every host.

Never a traceback, never a frozen window: trouble is one sentence with the cell, which is shown. Source: spec §3.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from xlbangfu.actions.catalogue import BY_ID, FILE, FILE_PASSWORD, PASSWORD, Action
from xlbangfu.click import log
from xlbangfu.click.face import CANCELLED, YES, Face
from xlbangfu.click.lock import Busy, one_click
from xlbangfu.schema import ERROR, MAPPING

DONE, FAILED, REFUSED = 0, 1, 3
CANCELLED_SENTENCE = "没有选择，什么也没有改动。"
TYPE_PASSWORD = "请在弹出的窗口里输入密码……"  # for a teacher who does not see the window
NO_PASSWORD = "没有输入密码，什么也没有改动。"
NO_WINDOW_FOR_FILE = "这台电脑打不开输入密码的窗口，什么也没有改动；请用 Excel 打开那个文件，去掉密码另存一份再导入。"


def press(book: Any, action_id: str, *, today: date | None = None) -> int:
    """Run the action on the open workbook and show how it went; gives an exit code, raises nothing.

    book: an xlwings Book.
    """
    started = time.perf_counter()
    face = Face(book)
    try:
        with one_click(str(book.fullname)):
            code = _press(face, BY_ID[action_id], today or date.today())
    except Busy:
        face.say("上一次点击还没有做完，请等它完成后再点。")
        code = REFUSED
    except Exception as problem:
        number = log.note_failure(action_id, problem)
        face.say(f"没有做完，程序遇到意外。请点“撤销上一步”恢复原样，再点“诊断”；记录编号 {number}。")
        code = FAILED
    log.note(action_id, {DONE: "done", REFUSED: "refused"}.get(code, "failed"), time.perf_counter() - started)
    return code


def _press(face: Face, action: Action, today: date) -> int:
    special = _SPECIAL.get(action.id)
    if special is not None:
        return special(face, action, today)
    if not action.available:
        return _refuse(face, f"这一版还没有“{action.label}”。")
    if action.asks == FILE:
        return _import(face, action, today)
    if action.asks == PASSWORD:
        return _behind_a_password(face, action, today)
    return _show(face, _run(face, action, today, {}))


def _run(face: Face, action: Action, today: date, options: dict[str, Any]) -> Any:
    from xlbangfu.actions.runner import run_action
    from xlbangfu.workbook.live import LiveWorkbook

    return run_action(action, LiveWorkbook(face.book), today=today, options=options)


def _show(face: Face, report: Any) -> int:
    if not report.ok:
        return _refuse(face, report.message, report.place)
    face.say(report.message + _problems(report))
    return DONE


def _problems(report: Any) -> str:
    """Where to look when something was listed. Whoever asked for a check or brought a file in is sent to the cell."""
    errors = [i for i in report.issues if i.level == ERROR]
    if not errors:
        return ""
    if report.action == "check" or report.action.startswith("import-"):
        return f"；有 {len(errors)} 条错误，先看 {errors[0].place}，全部见“数据问题”"
    return f"；“数据问题”里有 {len(errors)} 条错误待改"


def _refuse(face: Face, sentence: str, place: tuple[str, str] = ("", "")) -> int:
    face.say(sentence)
    if all(place):
        face.show(*place)
    return REFUSED


# ---- imports -------------------------------------------------------------------------------------------


def _import(face: Face, action: Action, today: date) -> int:
    """Take in the chosen file; ask for the exam where the file does not say it, and before anything is replaced."""
    path = face.chosen(action.asks) or _file_in_settings(face)
    if path == CANCELLED:
        return _refuse(face, CANCELLED_SENTENCE)
    options: dict[str, Any] = {"file": Path(path), "file_name": Path(path).name} if path else {}
    options["ask_replace"] = partial(_ask_replace, face)
    report = _run(face, action, today, options)
    if report.needs == FILE_PASSWORD:
        report = _with_file_password(face, action, today, options, report)
        if isinstance(report, int):
            return report
    if report.needs == "exam":
        exam = _ask_exam(face, Path(path))
        if not exam:
            return _refuse(face, "没有选定考试，什么也没有导入。请在“设置”里填好考试名称，或在文件里加一列“考试”。")
        options["exam"] = exam
        report = _run(face, action, today, options)
    if report.needs == "mapping" and report.columns:
        return _list_columns(face, action, today, options, report)
    return _show(face, report)


def _ask_replace(face: Face, differing: int, first: Sequence[str]) -> bool:
    more = "\n……" if differing > len(first) else ""
    shown = "\n".join(first) + more
    return face.ask(f"有 {differing} 处与表里原有的不同，要用文件里的替换吗？\n\n{shown}") == YES


def _with_file_password(face: Face, action: Action, today: date, options: dict[str, Any], report: Any) -> Any:
    """The report once the file opens with the password that was typed; an exit code where none was.

    The password stays in `options`, for the further runs of this press.
    """
    from xlbangfu.click.ask import NoWindow, ask_password

    face.say(TYPE_PASSWORD)
    while report.needs == FILE_PASSWORD:
        try:
            password = ask_password(action.label, report.message, again=False)
        except NoWindow:
            return _refuse(face, NO_WINDOW_FOR_FILE)
        if password is None:
            return _refuse(face, NO_PASSWORD)
        options["passwords"] = (password,)
        report = _run(face, action, today, options)
    return report


def _list_columns(face: Face, action: Action, today: date, options: dict[str, Any], report: Any) -> int:
    """A file with a header that we do not know: if the teacher wants, its columns go to 导入对照, to be named there."""
    question = (
        f"{report.message}\n\n要把这个文件的 {len(report.columns)} 列列到“导入对照”，由您指定哪列是学号、姓名、学科吗？"
    )
    if face.ask(question) != YES:
        return _show(face, report)
    code = _show(face, _run(face, action, today, options | {"ask_columns": True}))
    if code == DONE:
        face.show(MAPPING.label, "A1")
    return code


def _file_in_settings(face: Face) -> str:
    return str(_settings(face).get("import_file") or "")


def _settings(face: Face) -> dict[str, Any]:
    from xlbangfu.schema import SETTINGS
    from xlbangfu.workbook.live import LiveWorkbook
    from xlbangfu.workbook.parsing import parse_settings

    return parse_settings(LiveWorkbook(face.book).read(SETTINGS))[0]


def _ask_exam(face: Face, file: Path) -> str:
    """The exam that the file is about: one question per exam of 设置, the likeliest first."""
    settings = _settings(face)
    codes = ("previous_exam", "baseline_exam", "midterm_exam", "final_exam")
    exams = list(dict.fromkeys(str(settings[c]) for c in codes if settings.get(c)))
    exams.sort(key=lambda exam: exam not in file.stem)
    for exam in exams:
        answer = face.ask(f"“{file.name}”里没有写是哪次考试。\n\n这是“{exam}”的成绩吗？", cancel=True)
        if answer == YES:
            return exam
        if answer != "no":
            break
    return ""


# ---- restricted records -----------------------------------------------------------------------------------


def _behind_a_password(face: Face, action: Action, today: date) -> int:
    """Ask for the password, twice where it is to be that of a new file; ask again while it does not open the file."""
    from xlbangfu.click.ask import NoWindow, ask_password
    from xlbangfu.restricted.password import ADVICE
    from xlbangfu.restricted.where import existing_file

    found = existing_file(Path(str(face.book.fullname)))
    if found is None:
        question = f"这个班还没有受限档案，将在工作簿旁边新建。请设一个打开密码：{ADVICE}。请记牢，忘了无法找回。"
    else:
        question = f"请输入“{found.name}”的打开密码。"
    face.say(TYPE_PASSWORD)
    while True:
        try:
            password = ask_password(action.label, question, again=found is None)
        except NoWindow as problem:
            return _refuse(face, str(problem))
        if password is None:
            return _refuse(face, NO_PASSWORD)
        report = _run(face, action, today, {"password": password})
        if report.needs != PASSWORD:
            return _show(face, report)
        question = report.message


# ---- sessions of the selected pupils ---------------------------------------------------------------------


def _session(face: Face, action: Action, today: date) -> int:
    """Add a row for each selected pupil and put the cursor in 内容; from 首页, for those selected in 学困生."""
    from xlbangfu.actions.sessions import CHOOSING, HOW_TO_CHOOSE, chosen_in
    from xlbangfu.schema import CASELOAD, SESSIONS
    from xlbangfu.workbook.live import LiveWorkbook
    from xlbangfu.workbook.parsing import address

    sheets = {sheet.label: sheet for sheet in CHOOSING}
    selected = face.selected()
    elsewhere = selected is None or selected[0] not in sheets
    if elsewhere:
        with face.sheet_in_front(CASELOAD.label):
            selected = face.selected()
    if selected is None:
        return _refuse(face, f"没有选中学生。{HOW_TO_CHOOSE}")
    door = LiveWorkbook(face.book)
    chosen = chosen_in(door.read(sheets[selected[0]]), *selected[1:])
    if not chosen:
        return _refuse(face, f"没有选中学生。{HOW_TO_CHOOSE}")
    if elsewhere and face.ask(f"给“学困生”里选中的 {len(chosen)} 条各登记一次辅导吗？") != YES:
        return _refuse(face, f"没有登记。{HOW_TO_CHOOSE}")
    report = _run(face, action, today, {"chosen": chosen})
    code = _show(face, report)
    if report.written:
        parsed = LiveWorkbook(face.book).read(SESSIONS)
        first = parsed.last_row - report.counts["登记"] + 1
        face.show(SESSIONS.label, address(first, parsed.header["content"]))
    return code


# ---- buttons that change no table of this workbook --------------------------------------------------------


def _merge(face: Face, action: Action, today: date) -> int:
    """Merge the class workbooks of a chosen folder; the result lies beside the folder. This workbook stays as it is."""
    from xlbangfu.office.merge import merge

    chosen = face.chosen(action.asks) or str(_settings(face).get("merge_folder") or "")
    if chosen == CANCELLED:
        return _refuse(face, CANCELLED_SENTENCE)
    if not chosen:
        return _refuse(face, "没有选择文件夹；请在“设置”的“合并文件夹”里写上完整路径，再点一次。")
    folder = Path(chosen)
    out = (folder.parent if folder.parent != folder else folder) / "学校汇总.xlsx"
    report = merge(folder, out, jobs=1, today=today)
    if not report.ok:
        return _refuse(face, report.message)
    face.say(f"{report.message}；结果在 {out}")
    return DONE


def _doctor(face: Face, action: Action, today: date) -> int:
    from xlbangfu.doctor import doctor

    findings = doctor()
    bad = [f for f in findings if not f.works]
    lines = [f"{f.state}　{f.item}：{f.found}" for f in findings if f.state != "不适用"]
    lines += [f"→ {f.item}：{f.mend}" for f in findings if f.mend]
    face.say("诊断完成：一切正常。" if not bad else f"诊断完成：{len(bad)} 项有问题，请按提示处理。")
    face.tell("\n".join(lines))
    return DONE


def _guide(face: Face, action: Action, today: date) -> int:
    from xlbangfu.schema import GUIDE

    face.open_sheet(GUIDE)
    face.say("使用说明已打开。")
    return DONE


_SPECIAL = {"session": _session, "merge": _merge, "doctor": _doctor, "guide": _guide}
