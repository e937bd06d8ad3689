"""Which columns leave the classes for the office, sheet by sheet: the one allow-list of the school workbook.

Nothing is written that does not stand here: no 电话, 家长, 家庭状况, 关爱类别, 依据 (it may tell of care or
behaviour), no text of observations and sessions. Source: spec §6 (sheets), §7 (教务处).
"""

from __future__ import annotations

from xlbangfu import schema
from xlbangfu.schema import Column, Kind

OVERVIEW, GRADES, CLASSES, SUBJECTS, TEACHERS = "总览", "年级", "班级", "学科", "教师"
AWARDS, PUPILS, DOSAGE, AUDIT, ISSUES, SOURCES = "先进个人", "学困生总册", "帮扶投入", "落实", "数据问题", "来源"
AUDIT_DETAIL = "落实明细"
SHEETS = (
    OVERVIEW, GRADES, CLASSES, SUBJECTS, TEACHERS, AWARDS, PUPILS, DOSAGE, AUDIT, AUDIT_DETAIL, ISSUES, SOURCES,
)  # fmt: skip


def _text(label: str, code: str, width: float) -> Column:
    return Column(label, code, width=width)


def _count(label: str, code: str, width: float = 6, unit: str = "") -> Column:
    return Column(label, code, Kind.INTEGER, width=width, unit=unit)


def _number(label: str, code: str, width: float = 7) -> Column:
    return Column(label, code, Kind.NUMBER, width=width)


def _share(label: str, code: str, width: float = 7.5) -> Column:
    return Column(label, code, Kind.SHARE, width=width)


_GRADE, _CLASS = _text("年级", "grade", 8), _text("班级", "class_name", 8)
_SUBJECT, _PHASE = _text("学科", "subject", 8), _text("阶段", "phase", 6)
_TEACHER = _text("任课教师", "teacher", 9)
_PUPIL = (Column("学号", "pupil_id", Kind.ID, width=13), _text("姓名", "name", 9))
_BASE = (_count("基数", "base"), _count("已转化", "converted"))
_OUTSIDE = (
    _count("未转化", "not_converted"), _count("缺考", "absent"), _count("转出", "transferred"), _count("新增", "added"),
)  # fmt: skip
_RATE = (_share("转化率", "rate"), _share("区间下限", "low"), _share("区间上限", "high"))
_TARGET = (_share("目标", "target"), _text("达标", "met", 7))
_CHANCE = (_share("预期自然转化率", "expected", 9), _share("净转化率", "net"), _share("偶然达标概率", "luck", 8))
_NOTE = _text("说明", "note", 34)
_FIGURES = (_text("参照", "reference", 6), *_BASE, *_OUTSIDE, *_RATE, *_TARGET, *_CHANCE, _NOTE)

SCHOOL_COLUMNS: dict[str, tuple[Column, ...]] = {
    GRADES: (_GRADE, _SUBJECT, _PHASE, *_FIGURES),
    CLASSES: (_GRADE, _CLASS, _SUBJECT, _TEACHER, _PHASE, *_FIGURES),
    SUBJECTS: (_SUBJECT, _PHASE, *_FIGURES),
    TEACHERS: (
        _text("教师", "teacher", 9),
        _text("学科", "subjects", 8),
        _text("任教班级", "classes", 14),
        _PHASE,
        _count("名单人次", "listed"),
        *_BASE,
        _count("缺考", "absent"),
        *_RATE,
        *_TARGET,
        *_CHANCE,
        _count("本人辅导次数", "sessions", 7),
        _count("本人辅导分钟", "minutes", 7),
        _text("材料已交/应交", "documents", 8),
        _text("失误", "faults", 9),
        _count("任教班流失人数", "dropped_out", 7),
        _NOTE,
    ),
    AWARDS: (
        _text("教师", "teacher", 10),
        _text("期中达标", "midterm_met", 9),
        _text("期末达标", "final_met", 9),
        _text("两次均达标", "both_met", 10),
        _text("材料已交/应交", "documents", 10),
        _text("失误", "faults", 14),
        _text("先进个人", "award", 14),
        _text("理由", "reason", 70),
    ),
    PUPILS: (
        _GRADE,
        _CLASS,
        *_PUPIL,
        _SUBJECT,
        _text("类型", "case_type", 6),
        _TEACHER,
        _text("参照", "reference", 6),
        Column("基线成绩", "baseline", Kind.SCORE, width=7),
        Column("期中成绩", "midterm", Kind.SCORE, width=7),
        Column("期末成绩", "final", Kind.SCORE, width=7),
        _number("基线标准分", "baseline_z"),
        _number("期中标准分", "midterm_z"),
        _number("期末标准分", "final_z"),
        _text("期中状态", "midterm_state", 8),
        _text("期末状态", "final_state", 8),
        _share("期中自然概率", "midterm_chance"),
        _share("期末自然概率", "final_chance"),
        _count("辅导次数", "sessions"),
        _count("辅导分钟", "minutes"),
        _text("计入", "counted", 16),
    ),
    DOSAGE: (
        _text("口径", "by", 11),
        _text("辅导次数", "band", 10),
        _GRADE,
        _CLASS,
        _SUBJECT,
        _PHASE,
        _count("名单人次", "listed", 7),
        _count("辅导次数合计", "sessions", 8),
        _count("辅导分钟合计", "minutes", 8),
        _number("人均次数", "sessions_each"),
        _number("人均分钟", "minutes_each"),
        *_BASE,
        *_RATE,
        _share("预期自然转化率", "expected", 9),
        _share("净转化率", "net"),
        _NOTE,
    ),
    AUDIT_DETAIL: (
        _GRADE,
        _CLASS,
        _text("制度", "policy", 8),
        _text("条款", "clause", 10),
        _text("要求", "requirement", 50),
        _text("结果", "result", 9),
        _text("证据", "figures", 40),
    ),
    ISSUES: (
        _text("级别", "level", 7),
        _text("文件", "file", 30),
        _text("工作表", "sheet", 10),
        _text("单元格", "cell", 8),
        _text("问题", "message", 60),
        _text("怎么改", "mend", 44),
    ),
    SOURCES: (
        _text("文件", "file", 34),
        _text("年级", "grade", 8),
        _text("班级", "class_name", 8),
        _text("学期", "term", 9),
        _text("制度", "policy", 8),
        _count("名册", "roster", 7, "行"),
        _count("成绩", "scores", 7, "行"),
        _count("学困生", "caseload", 7, "行"),
        _count("辅导记录", "sessions", 8, "行"),
        Column("最后日志", "last_log", Kind.DATETIME, width=16),
        _text("结果", "result", 34),
        _text("常模", "norms", 34),
        _text("sha256", "sha256", 36),
    ),
}

# Tables of the Parquet folder. Those of the sheets above are written there too, under the same columns.
_WHERE = (_GRADE, _CLASS)
_FROM = (_text("来源文件", "file", 30), _text("sha256", "sha256", 36))


def _of(sheet: schema.Sheet, *codes: str) -> tuple[Column, ...]:
    return tuple(sheet.column(code) for code in codes)


STATISTICS, ROSTER, SCORES, PROCESS, SESSIONS, PAPERS = "转化统计", "名册", "成绩", "过程评价", "辅导记录", "书面总结"
DETAIL_COLUMNS: dict[str, tuple[Column, ...]] = {
    STATISTICS: (_text("层级", "level", 6), _GRADE, _CLASS, _SUBJECT, _TEACHER, _PHASE, *_FIGURES),
    PUPILS: (*SCHOOL_COLUMNS[PUPILS], *_FROM),
    ROSTER: (*_WHERE, *_of(schema.ROSTER, "pupil_id", "name", "gender", "status", "status_date"), *_FROM),
    SCORES: (
        *_WHERE,
        *_PUPIL,
        _text("考试", "exam", 12),
        _SUBJECT,
        _number("分数", "mark"),
        _text("等级", "level_name", 8),
        _text("未考", "absence", 8),
        *_FROM,
    ),
    PROCESS: (*_WHERE, *_of(schema.PROCESS, "date", "pupil_id", "name", "subject", "phase", "goal"), *_FROM),
    SESSIONS: (
        *_WHERE,
        *_of(schema.SESSIONS, "date", "pupil_id", "name", "subject", "form", "minutes", "by", "staff", "effect"),
        *_FROM,
    ),
    PAPERS: (*_WHERE, *_of(schema.WRITTEN, "subject", "teacher", "document", "state", "handed_in_on"), *_FROM),
    AUDIT_DETAIL: (*SCHOOL_COLUMNS[AUDIT_DETAIL], *_FROM),
    ISSUES: SCHOOL_COLUMNS[ISSUES],
    SOURCES: SCHOOL_COLUMNS[SOURCES],
}
