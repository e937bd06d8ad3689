"""Both commands: plan everything, refuse or go ahead, write down each change before it is made, say what was done."""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from xlbangfu.install.changes import ABSENT, KEPT, Change, read_change, write_entry
from xlbangfu.install.errors import Refusal
from xlbangfu.install.files import read_file
from xlbangfu.install.launcher import MARK
from xlbangfu.install.machine import Machine, this_machine
from xlbangfu.install.programs import Program, find_programs
from xlbangfu.install.receipt import Receipt, read_receipt
from xlbangfu.install.step import INSTALL_FOLDER, Step, Wish
from xlbangfu.install.steps import STEPS

DONE, FAILED, REFUSED = 0, 1, 3
NOTHING_TO_UNDO = "没有安装记录，没有要撤销的。"
_BUSY_PROGRAM = "请退出 Excel 和 LibreOffice，并检查文件夹的权限，再运行一次。"


@dataclass
class Account:
    """What a command did, for a person or as JSON; state of a row: 已改, 将改, 已是如此, 不适用, 未改, 失败, …"""

    action: str
    plan: bool
    message: str = ""
    rows: list[dict[str, str]] = field(default_factory=list)
    issues: list[dict[str, str]] = field(default_factory=list)
    written: list[str] = field(default_factory=list)
    refused: bool = False
    started: float = field(default_factory=time.monotonic)

    @property
    def code(self) -> int:
        """Exit code of spec §9."""
        if self.refused:
            return REFUSED
        return FAILED if any(i["level"] == "错误" for i in self.issues) else DONE

    def row(self, step: str, state: str, words: str) -> None:
        """One line of the list."""
        self.rows.append({"step": step, "state": state, "message": words})

    def issue(self, level: str, message: str) -> None:
        """One 错误 or 提醒."""
        rule = f"{self.action}.{'failed' if level == '错误' else 'note'}"
        self.issues.append({"level": level, "sheet": "", "cell": "", "rule": rule, "message": message})

    def show(self, *, as_json: bool) -> int:
        """Print it; the exit code."""
        if as_json:
            print(json.dumps(self._object(), ensure_ascii=False))
            return self.code
        for r in self.rows:
            print(f"{r['state']}　{r['step']}：{r['message']}")
        for i in self.issues:
            print(f"{i['level']}　{i['message']}")
        print(self.message, file=sys.stderr if self.refused else sys.stdout)
        return self.code

    def _object(self) -> dict[str, Any]:
        return {
            "action": self.action,
            "ok": not self.refused,
            "message": self.message,
            "counts": {"changes": sum(r["state"] in ("已改", "将改", "已撤销", "将撤销") for r in self.rows)},
            "rows": self.rows,
            "issues": self.issues,
            "written": self.written,
            "seconds": round(time.monotonic() - self.started, 3),
        }


# ---- install -------------------------------------------------------------------------------------------


def install(
    folders: Sequence[Path], *, keep_alive: bool, plan: bool, as_json: bool, machine: Machine | None = None
) -> int:
    """See `xlbangfu.install.install_command`; a test hands in another machine."""
    machine = machine or this_machine()
    account = Account("install", plan)
    try:
        _install(machine, folders, keep_alive, account)
    except Refusal as reason:
        _refuse(account, reason)
    return account.show(as_json=as_json)


def _install(machine: Machine, folders: Sequence[Path], keep_alive: bool, account: Account) -> None:
    receipt = read_receipt(machine.data)
    if keep_alive and machine.frozen:
        raise Refusal("不带 Python 的程序不能在点击之间常驻，请去掉 --keep-alive 再运行。")
    wish = Wish(tuple(_checked_folder(f, machine) for f in folders), keep_alive)
    programs = find_programs(machine)
    account.row("表格软件", "找到", "、".join(_named(p) for p in programs) or "没有；命令照常可用")
    planned = [(step, change) for step in STEPS for change in _planned(step, machine, wish, account)]
    if account.plan:
        for step, change in planned:
            account.row(step.label, "将改", change.words)
        account.message = f"（只列出，不写入）会改 {len(planned)} 处。" if planned else "已经装好，没有要改的。"
    else:
        changed = sum(_carried_out(step, change, machine, receipt, account) for step, change in planned)
        account.message = _install_message(planned, changed, account)
    if programs and not folders and not (receipt.has("location") or receipt.has("source")):
        account.issue("提醒", f"没有给出放工作簿的文件夹：打开工作簿时宏可能被拦下。{INSTALL_FOLDER}")


def _named(program: Program) -> str:
    remark = f"，{program.remark}" if program.remark else ""
    return f"{program.name}（{program.path}{remark}）"


def _planned(step: Step, machine: Machine, wish: Wish, account: Account) -> list[Change]:
    if reason := step.find(machine):
        account.row(step.label, "不适用", reason)
        return []
    changes = step.plan(machine, wish)
    if changes:
        step.ready(machine)
    elif remark := step.remark(machine):
        account.row(step.label, "未改", remark)
    else:
        account.row(step.label, "已是如此", "没有要改的")
    return changes


def _carried_out(step: Step, change: Change, machine: Machine, receipt: Receipt, account: Account) -> bool:
    try:
        change.prepare(receipt.backups)
        receipt.add(write_entry(step.id, change))
        step.do(machine, change)
    except (OSError, Refusal) as problem:
        account.row(step.label, "失败", change.words)
        account.issue("错误", _sentence(step.label, problem))
        return False
    account.row(step.label, "已改", change.words)
    account.written.append(change.place)
    return True


def _install_message(planned: Sequence[object], changed: int, account: Account) -> str:
    if account.code == FAILED:
        return f"改了 {changed} 处，还有没做成的；处理后再运行一次即可。撤销：xlbangfu uninstall。"
    if not planned:
        return "已经装好，没有要改的。"
    return f"安装完成，改了 {changed} 处。请运行 xlbangfu doctor 核对；撤销：xlbangfu uninstall。"


def _checked_folder(folder: Path, machine: Machine) -> Path:
    """The folder as an absolute path. Raises Refusal for one that is not there, or too wide to trust."""
    # Not resolved: the programs compare the path by which a person opens the workbook, mapped drive or link.
    path = Path(os.path.abspath(folder.expanduser()))
    if not path.is_dir():
        raise Refusal(f"没有这个文件夹：{path}。请先建好，再运行一次。")
    downloads = {machine.home / "Downloads", machine.home / "下载"}
    if path in downloads or path == machine.home or path in machine.home.parents or path == Path(path.anchor):
        raise Refusal(f"{path} 太宽：外来的文件也会落在这里，它们的宏不应放行。请为工作簿单独建一个文件夹。")
    return path


def _sentence(label: str, problem: Exception) -> str:
    if isinstance(problem, OSError):
        reason = problem.strerror or type(problem).__name__
        return f"{label}：没有写成（{reason}：{problem.filename or ''}）。{_BUSY_PROGRAM}"
    return f"{label}：{problem}"


def _refuse(account: Account, reason: Refusal) -> None:
    account.refused = True
    account.message = f"{reason}（什么都没有改）"


# ---- uninstall -----------------------------------------------------------------------------------------


def uninstall(*, everything: bool, plan: bool, as_json: bool, machine: Machine | None = None) -> int:
    """See `xlbangfu.install.uninstall_command`; a test hands in another machine."""
    machine = machine or this_machine()
    account = Account("uninstall", plan)
    try:
        _uninstall(machine, everything, account)
    except Refusal as reason:
        _refuse(account, reason)
    return account.show(as_json=as_json)


def _uninstall(machine: Machine, everything: bool, account: Account) -> None:
    receipt = read_receipt(machine.data)
    entries = [(_step(e), read_change(e), e) for e in reversed(receipt.entries)]
    for step in {step.id: step for step, _, _ in entries}.values():
        step.ready(machine)
    stray = not entries and (read_file(machine.launcher) or b"").find(MARK.encode()) >= 0
    if account.plan:
        for step, change, _ in entries:
            account.row(step.label, "将撤销", change.words)
        if stray:
            account.row("启动程序", "将撤销", f"删除 {machine.launcher}")
        for folder in _own_data(machine) if everything else ():
            account.row("本人数据", "将撤销", f"删除 {folder}")
        count = len(account.rows)
        account.message = f"（只列出，不写入）会撤销 {count} 处。" if count else NOTHING_TO_UNDO
        return
    for step, change, entry in entries:
        _undone(step, change, entry, machine, receipt, account)
    if stray:
        machine.launcher.unlink()
        account.row("启动程序", "已撤销", f"删除 {machine.launcher}")
    if not receipt.entries:
        receipt.close()
    if everything:
        _delete_data(machine, account)
    account.message = _uninstall_message(account)


def _step(entry: dict[str, Any]) -> Step:
    found = next((step for step in STEPS if step.id == entry.get("step")), None)
    if found is None:
        raise Refusal(f"安装记录里有这一版不认识的一步：{entry.get('step')}。请用装它的那一版来撤销。")
    return found


def _undone(
    step: Step, change: Change, entry: dict[str, Any], machine: Machine, receipt: Receipt, account: Account
) -> None:
    try:
        outcome = step.undo(machine, change, receipt.backups)
    except (OSError, Refusal) as problem:  # stays in the receipt, so that it can be tried again
        account.row(step.label, "失败", change.words)
        account.issue("错误", _sentence(step.label, problem))
        return
    receipt.drop(entry)
    state = {KEPT: "保留", ABSENT: "已不在"}.get(outcome, "已撤销")
    account.row(step.label, state, f"{change.words}（{outcome}）")
    if outcome == KEPT:
        account.issue("提醒", f"{change.place} 在安装以后改过，没有动它；不需要时请手工删除。")


def _delete_data(machine: Machine, account: Account) -> None:
    """The undo copies and the log, and the data folder if nothing else is in it."""
    for folder in _own_data(machine):
        shutil.rmtree(folder, ignore_errors=True)
        if folder.exists():
            account.issue("错误", f"没有删掉 {folder}。{_BUSY_PROGRAM}")
        else:
            account.row("本人数据", "已撤销", f"删除 {folder}")
    try:
        machine.data.rmdir()
    except OSError:  # not empty (something of somebody else's), or not there
        return


def _own_data(machine: Machine) -> list[Path]:
    from xlbangfu import places

    names = (places.undo_folder().name, places.log_path().parent.name)
    return [machine.data / name for name in names if (machine.data / name).exists()]


def _uninstall_message(account: Account) -> str:
    if account.code == FAILED:
        return "还有没撤销成的；处理后再运行一次即可。"
    return "已撤销。" if account.rows else NOTHING_TO_UNDO
