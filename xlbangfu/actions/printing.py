"""家长反馈单, 档案卡, 结对张贴表: printed sheets, each for its own reader. Source: spec §3, §7."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from xlbangfu.actions.book import Book, Outcome
from xlbangfu.actions.outputs import sealed
from xlbangfu.actions.support import supported
from xlbangfu.documents.places import file_part, output_folder
from xlbangfu.issues import Issue, reminder
from xlbangfu.programme.records import Records
from xlbangfu.schema import (
    CONVERSIONS,
    GROUPS,
    PAIRS,
    PLANS,
    PROCESS,
    PROFILES,
    PROGRESS,
    ROSTER,
    SESSIONS,
)

if TYPE_CHECKING:
    from xlbangfu.programme.slips import Slip

LONGEST_PARAGRAPH = 900  # characters; a slip shows some thousand of a paragraph
NOBODY = "“学困生”里还没有确认为“是”的学生，没有生成{what}。"


def slips(book: Book) -> Outcome:
    """One slip per supported child for its parents, one file with all of them to print; 反馈单日期 is today."""
    from xlbangfu.documents.pages_slip import print_file, slip_file
    from xlbangfu.documents.privacy import SLIPS, SLIPS_TO_PRINT
    from xlbangfu.programme.slips import draft_slip

    records, folder = _records(book), output_folder(book.path)
    drafted = [draft_slip(book.room, records, p, book.today) for p in _pupils(records)]
    if not drafted:
        return Outcome(NOBODY.format(what=SLIPS), {"反馈单": 0})
    files = [sealed(folder / SLIPS / _slip_name(book, slip.pupil_id), slip_file(slip), pdf=True) for slip in drafted]
    files.append(sealed(folder / f"{SLIPS_TO_PRINT}.xlsx", print_file(drafted, book.today)))
    given = {slip.pupil_id for slip in drafted}
    profiles = [r.changed(slip_on=book.today) if r["pupil_id"] in given else r for r in records.profiles]
    issues = [issue for slip in drafted for issue in slip.left_out]
    issues += [*_too_long(drafted), *_from_before(folder / SLIPS, {file.path.stem for file in files})]
    left_out = f"；{len(issues)} 处文字没有印上，见“数据问题”" if issues else ""
    return Outcome(
        f"家长反馈单完成：{len(drafted)} 张，在“{folder.name}”里，请逐页分发{left_out}",
        {"反馈单": len(drafted), "未印文字": len(issues)},
        {PROFILES.label: profiles},
        rows=(PROFILES, [r for r in profiles if r["pupil_id"] in given]),
        issues=[*issues, *_without_profile(book, records, "slips", "反馈单日期没有记下")],
        files=files,
    )


def _too_long(drafted: Sequence[Slip]) -> Iterator[Issue]:
    for slip in drafted:
        for row in slip.paragraphs:
            if len(row["text"]) > LONGEST_PARAGRAPH:
                yield reminder(
                    PROFILES.label,
                    "slips.long",
                    f"{slip.page['name']}的反馈单上，“{row['heading']}”太长，后面一部分没有印上",
                    "请把“档案”里这名学生的文字写短一些，再点一次。",
                )


def _from_before(folder: Path, made: Collection[str]) -> Iterator[Issue]:
    """Slips that lie there from an earlier press, for children who get none now."""
    left = sorted(p.stem for p in folder.glob("*.xlsx") if p.stem not in made and not p.name.startswith(("~$", ".")))
    if left:
        yield reminder(
            PROFILES.label,
            "slips.before",
            f"“{folder.name}”文件夹里还有 {len(left)} 份以前的反馈单：{'、'.join(left[:5])}{'等' if len(left) > 5 else ''}",
            "这些学生这次没有反馈单；不再需要的请删去，不要误发。",
        )


def cards(book: Book) -> Outcome:
    """One page per supported pupil for the homeroom teacher, in one file."""
    from xlbangfu.documents.pages_card import card_file
    from xlbangfu.documents.privacy import CARDS
    from xlbangfu.programme.cards import draft_card

    records, folder = _records(book), output_folder(book.path)
    drafted = [draft_card(book.room, records, p, book.today) for p in _pupils(records)]
    if not drafted:
        return Outcome(NOBODY.format(what=CARDS), {"档案卡": 0})
    return Outcome(
        f"档案卡完成：{len(drafted)} 张，在“{folder.name}”里，由班主任保管",
        {"档案卡": len(drafted)},
        issues=_without_profile(book, records, "cards", "档案卡上只有其他各表里的内容"),
        files=[sealed(folder / f"{CARDS}.xlsx", card_file(drafted, book.today), pdf=True)],
    )


def poster(book: Book) -> Outcome:
    """The sheet for the wall: the whole class with study partners, from confirmed pairs and study groups."""
    from xlbangfu.documents.pages_poster import poster_file
    from xlbangfu.documents.privacy import POSTER
    from xlbangfu.programme.classroom import is_active
    from xlbangfu.programme.poster import between_pupils, poster_rows

    roster = [r for r in book.table(ROSTER) if is_active(r)]
    pairs, groups = between_pupils(book.table(PAIRS), roster), book.table(GROUPS).rows
    if not pairs:
        message = "“结对”里还没有确认为“是”的学生结对，没有生成结对张贴表；请先推荐结对并确认。"
        return Outcome(message, {"学生": 0, "结对": 0})
    rows, folder = poster_rows(roster, pairs, groups), output_folder(book.path)
    grouped = {r["pupil_id"] for r in groups if r.get("group_id")}
    apart = sum(r["pupil_id"] not in grouped for r in roster)
    settings = book.settings
    head = {
        "school": settings.get("school"),
        "term": settings.get("term"),
        "class_label": f"{settings.get('grade') or ''}{settings.get('class_name') or ''}",
    }
    return Outcome(
        f"结对张贴表完成：全班 {len(rows)} 人，在“{folder.name}”里，可以张贴",
        {"学生": len(rows), "结对": len(pairs)},
        issues=_without_group(apart),
        files=[sealed(folder / f"{POSTER}.xlsx", poster_file(head, rows, book.today), pdf=True)],
    )


# ---- what the papers are drawn from --------------------------------------------------------------------


def _records(book: Book) -> Records:
    return Records(
        caseload=supported(book),
        profiles=book.table(PROFILES).rows,
        plans=book.table(PLANS).rows,
        pairs=book.table(PAIRS).rows,
        groups=book.table(GROUPS).rows,
        sessions=book.table(SESSIONS).rows,
        process=book.table(PROCESS).rows,
        conversions=book.table(CONVERSIONS).rows,
        progress=book.table(PROGRESS).rows,
    )


def _pupils(records: Records) -> list[str]:
    """学号 of the supported pupils, each once, in order."""
    return sorted({r["pupil_id"] for r in records.caseload}, key=lambda p: (len(p), p))


def _slip_name(book: Book, pupil_id: str) -> str:
    return f"{file_part(pupil_id)}_{file_part(book.room.name_of(pupil_id) or '')}.xlsx"


# ---- what a person should know -------------------------------------------------------------------------


def _without_profile(book: Book, records: Records, action: str, consequence: str) -> list[Issue]:
    known = {r["pupil_id"] for r in records.profiles}
    return [
        reminder(
            PROFILES.label,
            f"{action}.profile",
            f"{book.room.name_of(p) or p} 还没有档案，{consequence}",
            f"请先点“建立档案”，再点一次“{book.action.label}”。",
        )
        for p in _pupils(records)
        if p not in known
    ]


def _without_group(pupils: int) -> list[Issue]:
    if not pupils:
        return []
    message = f"有 {pupils} 人不在任何小组，没有结对的按学号相邻安排了学习伙伴"
    return [reminder(GROUPS.label, "poster.group", message, "请先点“编排小组”，再点一次“结对张贴表”。")]
