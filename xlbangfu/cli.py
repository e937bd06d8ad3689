"""The command line: words in, one action out. No rule, no table name, no arithmetic here.

argparse (standard library) because a command is also what a click starts: its import costs a tenth of a richer
library's, and the words of every command come from the catalogue anyway. Source: spec §9.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any, NoReturn

from xlbangfu import __version__
from xlbangfu.actions.catalogue import ACTIONS, FILE_PASSWORD, PASSWORD, Action

WRONG_USAGE, REFUSED = 2, 3
PASSWORD_TRIES = 3

# argparse's own English, once, in one place.
_SENTENCES = (
    (r"the following arguments are required: (.+)", "缺少参数：{}"),
    (r"unrecognized arguments: (.+)", "不认识的参数：{}"),
    (r"one of the arguments (.+) is required", "这些参数要给一个：{}"),
    (r"argument (.+): not allowed with argument (.+)", "参数 {} 和 {} 不能同时用"),
    (r"argument (?:COMMAND|\S+): invalid choice: (.+?) \(choose from .+\)", "没有这个命令或取值：{}"),
    (r"argument (.+): expected .*argument.*", "参数 {} 后面要有一个值"),
    (r"argument (.+): (?:invalid .+ value: )?(.+)", "参数 {} 的值不对：{}"),
)


class _Help(argparse.HelpFormatter):
    def add_usage(self, usage: Any, actions: Any, groups: Any, prefix: str | None = None) -> None:
        super().add_usage(usage, actions, groups, "用法：" if prefix is None else prefix)


class Parser(argparse.ArgumentParser):
    """argparse with Chinese headings and messages; a usage error is exit code 2."""

    def __init__(self, **keywords: Any) -> None:
        super().__init__(formatter_class=_Help, add_help=False, **keywords)
        self._positionals.title, self._optionals.title = "参数", "选项"
        self.add_argument("-h", "--help", action="help", help="显示这段说明")

    def error(self, message: str) -> NoReturn:
        """Say what is wrong in Chinese; with --json as the one JSON object."""
        for pattern, words in _SENTENCES:
            if found := re.fullmatch(pattern, message):
                message = words.format(*found.groups())
                break
        if "--json" in sys.argv:
            command = sys.argv[1] if len(sys.argv) > 1 else ""
            print(json.dumps({"action": command, "ok": False, "message": message, "issues": []}, ensure_ascii=False))
        self.print_usage(sys.stderr)
        print(f"{message}。可用 {self.prog} --help 查看说明。", file=sys.stderr)
        raise SystemExit(WRONG_USAGE)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text}（日期请写成 2026-09-01）") from None


def _count(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text}（请写 1 或更大的整数）")
    return int(text)


def _pair(text: str) -> tuple[str, str]:
    column, equals, meaning = text.rpartition("=")
    if not equals or not column.strip() or not meaning.strip():
        raise argparse.ArgumentTypeError(f"{text}（请写成 列名=是什么，例如 编号=学号）")
    return column.strip(), meaning.strip()


# ---- commands ------------------------------------------------------------------------------------------

Handler = Callable[[argparse.Namespace], int]


def _common(parser: Parser, *, writes: bool = True) -> Parser:
    parser.add_argument("--json", action="store_true", help="只在标准输出打印一个 JSON 对象")
    if writes:
        parser.add_argument("--plan", action="store_true", help="只列出会改什么，不写入")
        parser.add_argument("--today", type=_day, default=None, metavar="日期", help="当作今天的日期（默认系统日期）")
    return parser


CLICK = "click"


def build_parser(only: str = "") -> Parser:
    """All commands of this version, from the catalogue and the office's own.

    only: the one command to build, for the commands in `quick`; the others cost a click some 10 ms for nothing.
    """
    parser = Parser(prog="xlbangfu", description="学困生帮扶：班级工作簿与学校合并。")
    parser.add_argument("--version", action="version", version=f"xlbangfu {__version__}", help="显示版本")
    commands = parser.add_subparsers(dest="command", metavar="命令", required=True, parser_class=Parser, title="命令")

    def add(name: str, help_text: str, handler: Handler, *, writes: bool = True) -> Parser:
        made: Parser = commands.add_parser(name, help=help_text, description=help_text)
        made.set_defaults(handler=handler)
        return _common(made, writes=writes)

    for command, actions in _on_workbooks().items():
        if only in ("", command):
            tip = actions[0].tip if len(actions) == 1 else f"生成{'、'.join(a.label for a in actions)}。"
            _add_action(add(command, tip, _run_action), actions)
    if only in ("", CLICK):
        _add_click(commands)
    if not only:
        _add_office(add)
        _add_tools(commands, add)
    return parser


def quick() -> set[str]:
    """Commands that run an action on a workbook."""
    return {CLICK, *_on_workbooks()}


def _on_workbooks() -> dict[str, list[Action]]:
    """Command → its actions; more than one are told apart by --kind."""
    found: dict[str, list[Action]] = {}
    for action in ACTIONS:
        if action.available and action.command not in _OFFICE:
            found.setdefault(action.command, []).append(action)
    return found


_OFFICE = ("merge", "doctor", "guide")


def _kind(actions: Sequence[Action]) -> Callable[[str], Action]:
    def chosen(label: str) -> Action:
        for action in actions:
            if action.label == label:
                return action
        raise argparse.ArgumentTypeError(f"{label}（可以是{'、'.join(a.label for a in actions)}）")

    return chosen


def _add_action(parser: Parser, actions: Sequence[Action]) -> None:
    action = actions[0]
    if len(actions) == 1:
        parser.set_defaults(action=action)
    else:
        words = "、".join(a.label for a in actions)
        parser.add_argument("--kind", type=_kind(actions), required=True, dest="action", metavar="种类", help=words)
        parser.add_argument("--no-pdf", dest="pdf", action="store_false", help="不另存 PDF，快几秒")
    parser.add_argument("book", type=Path, metavar="工作簿", help="一个班级工作簿，或一个文件夹")
    if action.command.startswith("import-"):
        parser.add_argument("file", type=Path, metavar="文件", help="要导入的文件")
        parser.add_argument("--replace", action="store_true", help="已有不同的值时，用文件里的替换")
        if action.command != "import-norms":
            _add_map(parser)
    if action.command == "import-scores":
        parser.add_argument("--exam", metavar="考试", help="考试名称（文件里没有“考试”列时要给）")
    if action.command == "session":
        from xlbangfu.schema import SESSION_FORMS

        parser.add_argument("--pupil", required=True, metavar="学号,…", help="为这些学生各登记一次")
        parser.add_argument("--subject", metavar="学科", help="辅导的学科")
        parser.add_argument("--form", choices=SESSION_FORMS, metavar="形式", help="、".join(SESSION_FORMS))
        parser.add_argument("--minutes", type=_count, metavar="分钟", help="时长")
        parser.add_argument("--by", metavar="辅导人", help="谁辅导的")
    if action.command == "confirm":
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--all", action="store_true", help="全部确认")
        which.add_argument("--pupil", metavar="学号,…", help="只确认这些学生")


def _add_map(parser: argparse.ArgumentParser) -> None:
    words = "文件里的一列是什么，例如 --map 编号=学号；可以写几次，会记住"
    parser.add_argument(
        "--map", type=_pair, action="append", default=[], dest="columns", metavar="列=是什么", help=words
    )


def _add_office(add: Callable[..., Parser]) -> None:
    p = add("distribute", "按全校名册为每个班生成工作簿。", _distribute)
    p.add_argument("roster", type=Path, metavar="名册", help="全校名册文件")
    p.add_argument("-o", "--out", type=Path, required=True, metavar="文件夹", help="放班级工作簿的文件夹")
    p.add_argument("--teaching", type=Path, metavar="任课表", help="全校任课表文件")
    p.add_argument("--policy", default="S7", metavar="制度", help="制度编号（默认 S7）")
    p.add_argument("--term", metavar="学期", help="例如 2026秋")
    p.add_argument("--grade", metavar="年级", help="名册没有年级列时给出")
    for name, words in (
        ("previous", "上次考试"),
        ("baseline", "基线考试"),
        ("midterm", "期中考试"),
        ("final", "期末考试"),
    ):
        shape = "名称" if name == "previous" else "名称[@日期]"
        p.add_argument(f"--{name}", metavar=shape, help=f"{words}的名称")
    p.add_argument("--start", type=_day, metavar="日期", help="学期开始")
    p.add_argument("--end", type=_day, metavar="日期", help="学期结束")
    _add_map(p)

    p = add("norms", "由成绩文件或班级工作簿计算年级常模。", _norms)
    p.add_argument("sources", type=Path, nargs="+", metavar="来源", help="成绩文件，或班级工作簿的文件夹")
    p.add_argument("-o", "--out", type=Path, metavar="常模.xlsx", help="写到这个文件")
    p.add_argument("--baseline", metavar="考试", help="基线考试的名称，用来计算与基线的相关")
    p.add_argument("--grade", metavar="年级", help="成绩文件没有年级列时给出")
    p.add_argument("--exam", metavar="考试", help="成绩文件没有考试列时给出")
    p.add_argument("--into", type=Path, metavar="文件夹", help="同时写进这些班级工作簿")
    _add_map(p)

    p = add("merge", "合并一个文件夹里的班级工作簿。", _merge)
    p.add_argument("folder", type=Path, metavar="文件夹", help="放班级工作簿的文件夹，可以多层")
    p.add_argument("-o", "--out", type=Path, required=True, metavar="学校汇总.xlsx", help="写到这个文件")
    p.add_argument("--jobs", type=_count, metavar="个数", help="同时处理的进程数")
    p.add_argument("--term", metavar="学期", help="只合并这个学期（默认最多的学期）")

    p = add("rollover", "由本学期的工作簿生成下学期的。", _rollover)
    p.add_argument("book", type=Path, metavar="工作簿", help="一个班级工作簿，或一个文件夹")
    p.add_argument("-o", "--out", type=Path, required=True, metavar="文件夹", help="放新工作簿的文件夹")
    p.add_argument("--term", required=True, metavar="学期", help="新的学期，例如 2027春")
    p.add_argument("--start", type=_day, metavar="日期", help="学期开始")
    p.add_argument("--end", type=_day, metavar="日期", help="学期结束")


def _add_tools(commands: Any, add: Callable[..., Parser]) -> None:
    p = add("demo", "用虚构的学校走完一个学期。", _demo, writes=False)
    p.add_argument("folder", type=Path, nargs="?", default=Path("demo-out"), metavar="文件夹", help="默认 demo-out/")
    p.add_argument("--policy", default="", metavar="制度", help="全校都用这份制度，例如 S1（默认 S7，五年级用自己的）")
    p.add_argument(
        "--grade", action="append", default=[], metavar="年级", help="只做这个年级或班级（如 四年级1班），可以写几次"
    )

    p = commands.add_parser("template", help="生成或核对工作簿模板。", description="生成或核对工作簿模板。")
    words = p.add_subparsers(dest="word", metavar="做什么", required=True, parser_class=Parser)
    for word, help_text in (("build", "由源文件重新生成模板。"), ("verify", "核对模板与源文件是否一致。")):
        w = _common(words.add_parser(word, help=help_text, description=help_text), writes=False)
        w.add_argument("file", type=Path, nargs="?", metavar="文件", help="默认是随程序的模板")
        w.set_defaults(handler=_template)

    p = commands.add_parser("policy", help="查看制度文件，或由一份制度复制出本校的。", description="制度文件。")
    words = p.add_subparsers(dest="word", metavar="做什么", required=True, parser_class=Parser)
    for word, help_text in (("list", "列出可用的制度。"), ("show", "显示一份制度。"), ("lint", "检查一份制度文件。")):
        w = _common(words.add_parser(word, help=help_text, description=help_text), writes=False)
        if word != "list":
            w.add_argument("name", metavar="制度", help="编号或文件名，例如 S7")
        w.add_argument("--folder", type=Path, metavar="文件夹", help="学校自己的制度文件放在哪里")
        w.set_defaults(handler=_policy)
    help_text = "由一份制度复制出本校自己的。"
    w = _common(words.add_parser("new", help=help_text, description=help_text), writes=False)
    w.add_argument("name", metavar="新名称", help="例如 我校")
    w.add_argument("--from", dest="source", default="S7", metavar="制度", help="复制哪一份（默认 S7）")
    w.add_argument("--folder", type=Path, metavar="文件夹", help="放在哪个文件夹（默认当前文件夹）")
    w.add_argument("--plan", action="store_true", help="只说会写哪个文件")
    w.set_defaults(handler=_policy)

    add("guide", "显示使用说明。", _guide, writes=False)
    add("doctor", "检查本机安装，并说明怎么修。", _doctor, writes=False)
    p = add("install", "为 Excel 或 LibreOffice 装好按钮所需的一切。", _install, writes=False)
    p.add_argument("--folder", type=Path, action="append", default=[], metavar="文件夹", help="信任这个工作簿文件夹")
    p.add_argument("--keep-alive", action="store_true", help="Windows：让 Python 常驻，点击更快")
    p.add_argument("--plan", action="store_true", help="只列出会做什么")
    p = add("uninstall", "撤销 install 所做的一切。", _uninstall, writes=False)
    p.add_argument("--all", action="store_true", help="连撤销记录和日志一起删除")
    p.add_argument("--plan", action="store_true", help="只列出会做什么")


def _add_click(commands: Any) -> None:
    p = commands.add_parser(CLICK, help="在打开的工作簿上执行一个按钮（由按钮调用）。")
    p.set_defaults(handler=_click)
    p.add_argument("action", metavar="按钮", choices=[a.id for a in ACTIONS], help="按钮的编号，例如 screen")
    p.add_argument("book", type=Path, nargs="?", metavar="工作簿", help="在 LibreOffice 中打开的工作簿")
    p.add_argument("--today", type=_day, default=None, metavar="日期", help="当作今天的日期（默认系统日期）")


# ---- what each command starts --------------------------------------------------------------------------


def _options(args: argparse.Namespace) -> dict[str, Any]:
    pupils = [p for p in re.split(r"[,，、\s]+", getattr(args, "pupil", None) or "") if p]
    found = {
        "file": getattr(args, "file", None),
        "file_name": getattr(args, "file", Path()).name,
        "replace": getattr(args, "replace", False),
        "exam": getattr(args, "exam", None),
        "columns": dict(getattr(args, "columns", [])),
        "pupils": pupils,
        **{word: getattr(args, word, None) for word in ("subject", "form", "minutes", "by")},
    }
    options = {k: v for k, v in found.items() if v}
    return options if getattr(args, "pdf", True) else options | {"pdf": False}


def _today(args: argparse.Namespace) -> date:
    return getattr(args, "today", None) or date.today()


def _password(args: argparse.Namespace) -> dict[str, str]:
    """The password of the restricted records, asked before anything runs. Raises NoPassword."""
    from xlbangfu.actions.runner import class_workbooks
    from xlbangfu.restricted.terminal import read_password
    from xlbangfu.restricted.where import existing_file

    books = class_workbooks(args.book) if args.book.is_dir() else [args.book]
    return {"password": read_password(new=any(existing_file(book) is None for book in books))}


def _run_action(args: argparse.Namespace) -> int:
    from xlbangfu import console
    from xlbangfu.actions.runner import run_path

    options = _options(args)
    if args.action.asks == PASSWORD and args.book.exists():
        from xlbangfu.restricted.terminal import NoPassword

        try:
            options |= _password(args)
        except NoPassword as problem:
            return console.say(args.action.command, str(problem), as_json=args.json, code=REFUSED)

    def run(passwords: Sequence[str]) -> Any:
        given = options | ({"passwords": tuple(passwords)} if passwords else {})
        with console.progress(args.action.label, quiet=args.json) as tick:
            if args.action.command.startswith("import-") and args.book.is_dir():
                from xlbangfu.actions.imports import import_into_folder

                return import_into_folder(
                    args.action, args.book, args.file, today=_today(args), options=given, plan=args.plan, progress=tick
                )
            return run_path(args.action, args.book, today=_today(args), options=given, plan=args.plan, progress=tick)

    return _shown(args, args.action.command, run)


def _shown(args: argparse.Namespace, command: str, run: Callable[[Sequence[str]], Any]) -> int:
    """Run, ask for the passwords of files that have one, and show the report."""
    from xlbangfu import console

    typed: list[str] = []
    report = run(typed)
    while report.needs == FILE_PASSWORD and len(typed) < PASSWORD_TRIES:
        from xlbangfu.restricted.terminal import NoPassword, read_file_password

        try:
            typed.append(read_file_password(report.message, again=bool(typed)))
        except NoPassword as problem:
            return console.say(command, str(problem), as_json=args.json, code=REFUSED)
        report = run(typed)
    return console.show(report, as_json=args.json, plan=getattr(args, "plan", False))


def _office(args: argparse.Namespace, label: str, work: Callable[[Any, Sequence[str]], Any]) -> int:
    from xlbangfu import console

    def run(passwords: Sequence[str]) -> Any:
        with console.progress(label, quiet=args.json) as tick:
            return work(tick, passwords)

    return _shown(args, args.command, run)


def _distribute(args: argparse.Namespace) -> int:
    from xlbangfu.office.distribute import distribute

    return _office(
        args,
        "分发",
        lambda tick, passwords: distribute(
            args.roster,
            args.out,
            teaching=args.teaching,
            policy=args.policy,
            term=args.term,
            previous=args.previous,
            baseline=args.baseline,
            midterm=args.midterm,
            final=args.final,
            start=args.start,
            end=args.end,
            grade=args.grade,
            columns=dict(args.columns),
            passwords=passwords,
            today=_today(args),
            plan=args.plan,
            progress=tick,
        ),
    )


def _norms(args: argparse.Namespace) -> int:
    from xlbangfu.office.norms import norms

    return _office(
        args,
        "常模",
        lambda tick, passwords: norms(
            args.sources,
            args.out,
            baseline=args.baseline,
            grade=args.grade,
            exam=args.exam,
            into=args.into,
            columns=dict(args.columns),
            passwords=passwords,
            today=_today(args),
            plan=args.plan,
            progress=tick,
        ),
    )


def _merge(args: argparse.Namespace) -> int:
    from xlbangfu.office.merge import merge

    return _office(
        args,
        "合并",
        lambda tick, _: merge(
            args.folder, args.out, jobs=args.jobs, term=args.term, today=_today(args), plan=args.plan, progress=tick
        ),
    )


def _rollover(args: argparse.Namespace) -> int:
    from xlbangfu.office.rollover import rollover

    return _office(
        args,
        "结转",
        lambda tick, _: rollover(
            args.book,
            args.out,
            term=args.term,
            start=args.start,
            end=args.end,
            today=_today(args),
            plan=args.plan,
            progress=tick,
        ),
    )


def _demo(args: argparse.Namespace) -> int:
    from xlbangfu.demo import run_demo

    code: int = run_demo(args.folder, as_json=args.json, policy=args.policy, grades=args.grade)
    return code


def _template(args: argparse.Namespace) -> int:
    from xlbangfu import console
    from xlbangfu.workbook.errors import WorkbookError
    from xlbangfu.workbook.template import template_path, verify_template, write_template

    if args.word == "build":
        try:
            path = write_template(args.file)
        except WorkbookError as problem:
            return console.say("template", problem.message, as_json=args.json, code=REFUSED)
        except OSError as problem:
            words = f"没有写成（{problem.strerror}）：{problem.filename}。请核对文件夹和权限。"
            return console.say("template", words, as_json=args.json, code=REFUSED)
        return console.say("template", f"模板已生成：{path}", as_json=args.json, written=[str(path)])
    path = args.file or template_path()
    problems = verify_template(path)
    words = "；".join(problems) if problems else f"模板与源文件一致：{path}"
    return console.say("template", words, as_json=args.json, code=1 if problems else 0)


def _policy(args: argparse.Namespace) -> int:
    from xlbangfu.actions.policies import policy_command

    more = {"source": args.source, "plan": args.plan} if args.word == "new" else {}
    return policy_command(args.word, getattr(args, "name", ""), args.folder, as_json=args.json, **more)


def _doctor(args: argparse.Namespace) -> int:
    from xlbangfu.doctor import doctor_command

    return doctor_command(as_json=args.json)


def _guide(args: argparse.Namespace) -> int:
    from xlbangfu.guide import guide_command

    return guide_command(as_json=args.json)


def _install(args: argparse.Namespace) -> int:
    from xlbangfu.install import install_command

    return install_command(args.folder, keep_alive=args.keep_alive, plan=args.plan, as_json=args.json)


def _uninstall(args: argparse.Namespace) -> int:
    from xlbangfu.install import uninstall_command

    return uninstall_command(everything=args.all, plan=args.plan, as_json=args.json)


def _click(args: argparse.Namespace) -> int:
    from xlbangfu.buttons import click

    return click(args.action, args.book, today=args.today)


# What xlwings adds to the words of a frozen program that Excel starts; it reads them itself.
_OF_XLWINGS = re.compile(r"--(?:wb|from_xl|app|hwnd)(?:=.*)?")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code is that of spec §9."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a Windows console may not know UTF-8
            stream.reconfigure(encoding="utf-8", errors="replace")
    given = sys.argv[1:] if arguments is None else list(arguments)
    if given[:1] == [CLICK]:
        given = [word for word in given if not _OF_XLWINGS.fullmatch(word)]
    only = given[0] if given and given[0] in quick() else ""
    args = build_parser(only).parse_args(given)
    try:
        code: int = args.handler(args)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader has seen enough (… | head); what was to be written is written
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return code


if __name__ == "__main__":
    sys.exit(main())
