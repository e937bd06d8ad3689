"""What happened in the term, as figures and as a short story for whoever ran the demo.

The figures come from what the actions reported and from what stands in the workbooks at the end.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from xlbangfu.demo import inputs
from xlbangfu.demo.school import (
    FINAL,
    MESSY_CLASS,
    MIDTERM,
    MIDTERM_BY_PROCESS,
    OWN_POLICY,
    OWN_POLICY_GRADE,
    SCHOOL,
    SUBJECTS,
    TERM,
)
from xlbangfu.documents.places import output_folder
from xlbangfu.programme.numbers import percent
from xlbangfu.schema import AUDIT_RESULTS, PHASES, YES

if TYPE_CHECKING:
    from xlbangfu.demo.term import Term


@dataclass(frozen=True)
class Total:
    """One phase over the classes of one kind. expected: converted unaided, in pupils; None without an estimate.

    lessons: classes' subjects with a base; met: those that reached the target; luck: how many would by chance.
    """

    base: int
    converted: int
    absent: int
    transferred: int
    added: int
    lessons: int
    met: int
    expected: float | None
    luck: float | None

    @classmethod
    def of(cls, rows: Sequence[Mapping[str, Any]]) -> Total:
        """The sum of rows of 转化统计 (Chinese labels)."""
        based = [r for r in rows if r["基数"]]
        known = bool(based) and all(r["预期自然转化率"] is not None for r in based)
        aimed = known and all(r["偶然达标概率"] is not None for r in based)
        whole = {label: sum(r[label] for r in rows) for label in ("基数", "已转化", "缺考", "转出", "新增")}
        return cls(
            whole["基数"],
            whole["已转化"],
            whole["缺考"],
            whole["转出"],
            whole["新增"],
            len(based),
            sum(r["达标"] == YES for r in based),
            math.fsum(r["预期自然转化率"] * r["基数"] for r in based) if known else None,
            math.fsum(r["偶然达标概率"] for r in based) if aimed else None,
        )

    @property
    def rate(self) -> float:
        """已转化 / 基数."""
        return self.converted / self.base

    @property
    def expected_rate(self) -> float | None:
        """预期自然转化率 over the whole base."""
        return None if self.expected is None else self.expected / self.base


@dataclass
class Figures:
    """counts: the school's sums. classes: the same per class. stats: 转化统计 of every class. totals: by phase."""

    counts: dict[str, int] = field(default_factory=dict)
    classes: list[dict[str, Any]] = field(default_factory=list)
    stats: list[dict[str, Any]] = field(default_factory=list)
    by_exam: dict[str, Total] = field(default_factory=dict)
    by_process: dict[str, Total] = field(default_factory=dict)


def figures(term: Term) -> Figures:
    """Everything the story tells, from the reports and the workbooks."""
    found = Figures()
    for key, tally in term.tallies.items():
        found.classes.append({"年级": key[0], "班级": key[1], **tally})
        for name, n in tally.items():
            found.counts[name] = found.counts.get(name, 0) + n
        found.stats += [{"年级": key[0], "班级": key[1], **row} for row in _last_stats(term, key)]
    found.counts = {"班级": len(term.books), **found.counts}
    for phase in PHASES:
        rows = [r for r in found.stats if r["阶段"] == phase]
        processed = [r for r in rows if _is_processed(r)]
        for kind, chosen in ((found.by_process, processed), (found.by_exam, [r for r in rows if r not in processed])):
            if any(r["基数"] for r in chosen):
                kind[phase] = Total.of(chosen)
    return found


def _is_processed(row: Mapping[str, Any]) -> bool:
    """True for a row of 转化统计 in which 过程评价 decides, alone or beside an exam."""
    return "过程评价" in (row["说明"] or "")


def _by_process(found: Figures, phase: str) -> list[str]:
    """The grades with such rows at that phase."""
    return list(dict.fromkeys(r["年级"] for r in found.stats if r["阶段"] == phase and _is_processed(r)))


def _last_stats(term: Term, key: tuple[str, str]) -> list[dict[str, Any]]:
    """转化统计 as the class's last 计算转化率 gave it."""
    reports = [r for part in term.parts.values() for r in part[key] if r.action == "convert"]
    return reports[-1].stats if reports else []


# ---- words ---------------------------------------------------------------------------------------------


def _grades(term: Term) -> list[str]:
    return list(dict.fromkeys(grade for grade, _ in term.books))


def _policies(term: Term) -> str:
    own = term.own_policy and OWN_POLICY_GRADE in _grades(term)
    return f"{OWN_POLICY_GRADE}用学校自己的制度“{OWN_POLICY}”，其余用 {term.policy}" if own else f"制度用 {term.policy}"


def _rate(total: Total) -> str:
    return f"{total.converted}/{total.base}（{percent(Fraction(total.converted, total.base))}）"


def _signed(share: float) -> str:
    return f"{share * 100:+.1f} 个百分点"


def _outcome(phase: str, total: Total, grades: Sequence[str]) -> str:
    """「期末（二年级、…，按成绩）：转化 …，预期自然转化率 …，净 …」."""
    who = "、".join(g for g in grades if phase != MIDTERM or g not in MIDTERM_BY_PROCESS)
    line = f"{phase}（{who}，按成绩）：转化 {_rate(total)}"
    if total.expected_rate is not None:
        line += f"，预期自然转化率 {total.expected_rate:.1%}，净 {_signed(total.rate - total.expected_rate)}"
    outside = [
        f"{word} {n} 人次"
        for word, n in (("缺考", total.absent), ("转出", total.transferred), ("新增", total.added))
        if n
    ]
    return line + (f"（{'、'.join(outside)}）" if outside else "")


def _honest(found: Figures) -> Iterable[str]:
    total = found.by_exam.get(FINAL)
    if total is None or total.expected is None:
        return
    expected = total.expected / total.base
    net = total.rate - expected
    noise = 1.96 * math.sqrt(expected * (1 - expected) / total.base)
    yield (
        "说实话：这些成绩里没有放进任何帮扶效果，低分学生有一部分本来就会回升；所以不看 "
        f"{percent(Fraction(total.converted, total.base))}，看净转化率（{_signed(net)}）；"
        f"单是随机波动，全校就有约 ±{noise * 100:.1f} 个百分点。"
    )
    if total.luck is None:
        return
    yield (
        f"期末 {total.lessons} 个班级学科里有 {total.met} 个达到目标，单凭偶然平均也会有 {total.luck:.1f} 个；"
        f"一个班的净转化率只是线索，不是结论。"
    )


def _support(counts: Mapping[str, int]) -> Iterable[str]:
    yield (
        f"识别：学困 {counts['学困']}、双困 {counts['双困']}、关注 {counts['关注']}，共 {counts['识别']} 条"
        f"（含教师自己加的）；教师确认 {counts['确认']} 条、不同意 {counts['不同意']} 条，冻结 {counts['冻结']} 条。"
    )
    yield (
        f"帮扶：档案 {counts['档案']} 份，计划 {counts['计划']} 份、措施 {counts['措施']} 条（教师自加 {counts['自加措施']} 条）；"
        f"结对确认 {counts['结对确认']} 对、不同意 {counts['结对不同意']} 对、待定 {counts['结对待定']} 对；互助小组 {counts['小组']} 个。"
    )
    yield (
        f"辅导：记录 {counts['辅导']} 次；{counts['对象']} 名帮扶对象里有 {counts['没有辅导']} 名一次也没有，"
        "首页和“进步”里看得到。"
    )


def _messy(found: Figures) -> Iterable[str]:
    one = next((c for c in found.classes if (c["年级"], c["班级"]) == MESSY_CLASS), None)
    if one is None:
        return
    yield (
        f"{''.join(MESSY_CLASS)}的工作簿故意填得乱（85分、全角数字、错学号、空行、同名）："
        f"“数据问题”列出 {one['错误']} 条错误、{one['提醒']} 条提醒，其余照常计入。"
    )


def _merged(term: Term, found: Figures) -> str:
    if term.merged is None or not term.merged.ok:
        return "合并没有完成，原因见下。"
    return f"{term.merged.message}。"


def _audited(found: Figures) -> Iterable[str]:
    words = "、".join(f"{result} {found.counts[result]} 条" for result in AUDIT_RESULTS)
    yield f"落实检查：制度逐条核对，全校合计{words}；缺什么、缺谁，见各班的“落实”。"


def _paths(term: Term) -> Iterable[str]:
    folder, books = term.folder, list(term.books.values())
    yield "可以打开看看："
    yield f"  {books[-2 % len(books)]}　　首页、学困生、转化统计、落实、汇总"
    if MESSY_CLASS in term.books:
        yield f"  {term.books[MESSY_CLASS]}　　数据问题"
    yield f"  {output_folder(books[0])}　　书面总结、家长反馈单、档案卡、结对张贴表"
    yield f"  {folder / '学校汇总.xlsx'}　　总览、教师、先进个人、来源"
    files = "、".join((inputs.ROSTER_FILE, inputs.TEACHING_FILE, inputs.scores_file(FINAL)))
    yield f"  {folder}　　教务处的原始文件：{files} 等"


def tell(term: Term, found: Figures, seconds: float) -> list[str]:
    """The story, one line each."""
    counts = found.counts
    lines = [
        f"{SCHOOL} {TERM}（全部虚构）：{'、'.join(_grades(term))}共 {counts['班级']} 个班、先后 {counts['学生']} 名学生、"
        f"{len(SUBJECTS)} 个学科；用时 {seconds:.1f} 秒。",
        f"分发：每班一个工作簿；{_policies(term)}；常模随每次考试下发。",
        *_support(counts),
    ]
    for phase in (MIDTERM, FINAL):
        if phase in found.by_process:
            total, grades = found.by_process[phase], _by_process(found, phase)
            no_exam = "不考试，" if phase == MIDTERM and set(grades) <= set(MIDTERM_BY_PROCESS) else ""
            who = "、".join(grades)
            lines.append(f"{phase}（{who}，{no_exam}按过程评价）：转化 {_rate(total)}，没有预期自然转化率。")
        if phase in found.by_exam:
            lines.append(_outcome(phase, found.by_exam[phase], _grades(term)) + "。")
    lines.append("提示：教育部 2021 年通知要求每学期只考一次期末，期中宜用过程评价；这里的期中成绩只作演示。")
    return [*lines, *_honest(found), *_messy(found), *_audited(found), _merged(term, found), *_paths(term)]
