"""A row of 书面总结 as a Word document that prints on A4, with nothing in it but what is seen.

Same row, same bytes: no clock, fixed dates in the package, no author, no leftovers of the library's own template.
Source: spec §3 (书面总结), §7 (what a file may carry when it leaves).
"""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from xlbangfu import schema

if TYPE_CHECKING:
    from docx.document import Document
    from docx.styles.style import ParagraphStyle
    from docx.text.paragraph import Paragraph

BODY_FONT, HEADING_FONT, LATIN_FONT = "仿宋", "黑体", "Times New Roman"
BODY_POINTS, HEADING_POINTS, TITLE_POINTS, SMALL_POINTS = 12, 12, 18, 10.5
LINE_POINTS = 21  # fixed: Chinese fonts differ in their natural line height
ZIP_DATE = (1980, 1, 1, 0, 0, 0)
_KEPT_STYLES = ("Normal", "Title", "Heading 1", "Header", "Footer", "Default Paragraph Font", "Normal Table", "No List")
_KEPT_PARTS = ("core-properties", "officeDocument", "styles", "settings", "fontTable", "theme", "header", "footer")
_HEADING = re.compile(r"[一二三四五六七八九十]{1,3}、[^。；]{1,24}\Z")
_LINE_BREAKS = re.compile(r"\r\n?|[\n\v\f\x85\u2028\u2029]")
_NOT_IN_XML = re.compile("[^\t\n\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def summary_docx(paper: Mapping[str, Any], header: Mapping[str, Any]) -> bytes:
    """The document as .docx bytes.

    paper: a row of 书面总结; its text is taken as it stands, one paragraph per line, lines such as 「一、学情」
    become headings. header: school, term, grade and class_name of 设置, blanks allowed.
    Source: spec §3.
    """
    from docx import Document as new_document

    document = new_document()
    _drop_leftovers(document)
    _style(document)
    _set_page(document, draft=paper.get("state") != schema.DOCUMENT_STATES[1])
    _write_title(document, paper, header)
    for line in text_lines(paper.get("text")):
        document.add_paragraph(line, style="Heading 1" if is_heading(line) else None)
    _sign(document, paper)
    stream = io.BytesIO()
    document.save(stream)
    return _with_fixed_dates(stream.getvalue())


def text_lines(text: object) -> list[str]:
    """The paragraphs of a cell's text: blank lines go, and so does what XML cannot hold.

    >>> text_lines("一、学情\\n\\n  名单上有 1 人。\\x07\\r\\n")
    ['一、学情', '名单上有 1 人。']
    """
    lines = _LINE_BREAKS.split("" if text is None else str(text))
    return [clean for line in lines if (clean := _plain(line))]


def _plain(text: object) -> str:
    return _NOT_IN_XML.sub("", "" if text is None else str(text)).strip()


def is_heading(line: str) -> bool:
    """True for a short line that starts with a Chinese number: 「三、措施」.

    >>> is_heading("三、措施"), is_heading("三、教师要鼓励学生，不得指责。")
    (True, False)
    """
    return bool(_HEADING.match(line))


def paper_title(paper: Mapping[str, Any], header: Mapping[str, Any]) -> str:
    """「三年级1班语文学困生转化中期总结」."""
    document = _plain(paper.get("document")) or "书面总结"
    kind = document if document.startswith("转化") else f"转化{document}"
    return f"{_class(header)}{_plain(paper.get('subject'))}学困生{kind}"


def _class(header: Mapping[str, Any]) -> str:
    """年级 and 班级, the 年级 once."""
    grade, name = _plain(header.get("grade")), _plain(header.get("class_name"))
    return name if name.startswith(grade) else f"{grade}{name}"


# ---- what is written -----------------------------------------------------------------------------------


def _write_title(document: Document, paper: Mapping[str, Any], header: Mapping[str, Any]) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt

    where = "　".join(part for part in (_plain(header.get("school")), _plain(header.get("term"))) if part)
    if where:
        line = _unindented(document.add_paragraph(where))
        line.alignment = WD_ALIGN_PARAGRAPH.CENTER
        line.paragraph_format.space_after = Pt(4)
    document.add_paragraph(paper_title(paper, header), style="Title")


def _sign(document: Document, paper: Mapping[str, Any]) -> None:
    """Teacher and date on the right; without 提交日期 the date is left to the pen."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt

    day = paper.get("handed_in_on")
    dated = f"{day.year}年{day.month}月{day.day}日" if isinstance(day, date) else "　　　　年　　月　　日"
    for i, line in enumerate((f"教师：{_plain(paper.get('teacher')) or '　　　　　　'}", dated)):
        paragraph = _unindented(document.add_paragraph(line))
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        paragraph.paragraph_format.right_indent = Pt(2 * BODY_POINTS)
        paragraph.paragraph_format.space_before = Pt(0 if i else LINE_POINTS)
        paragraph.paragraph_format.keep_with_next = not i


def _unindented(paragraph: Paragraph) -> Paragraph:
    _indent(paragraph, 0)
    return paragraph


# ---- how it looks --------------------------------------------------------------------------------------


def _style(document: Document) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
    from docx.shared import Pt

    styles = document.styles
    normal, title, heading = styles["Normal"], styles["Title"], styles["Heading 1"]
    _font(normal, BODY_FONT, BODY_POINTS)
    form = normal.paragraph_format
    form.line_spacing_rule, form.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(LINE_POINTS)
    form.space_before = form.space_after = Pt(0)
    form.alignment = WD_ALIGN_PARAGRAPH.JUSTIFY
    _indent(normal, 2)
    _font(title, HEADING_FONT, TITLE_POINTS)
    title.paragraph_format.alignment = WD_ALIGN_PARAGRAPH.CENTER
    title.paragraph_format.line_spacing = Pt(TITLE_POINTS * 1.5)
    title.paragraph_format.space_after = Pt(10)
    _font(heading, HEADING_FONT, HEADING_POINTS)
    title.font.bold = heading.font.bold = True  # stands out also where 黑体 is missing
    heading.paragraph_format.space_before = Pt(6)
    heading.paragraph_format.keep_with_next = True
    for style in (title, styles["Header"], styles["Footer"]):
        _indent(style, 0)
    for name in ("Header", "Footer"):
        _font(styles[name], BODY_FONT, SMALL_POINTS)


def _font(style: ParagraphStyle, name: str, points: float) -> None:
    """The style's font, also for Chinese; what the library's template says of colour, weight and lines goes."""
    from docx.oxml.ns import qn
    from docx.shared import Pt

    properties = style.element.get_or_add_rPr()
    for child in list(properties):
        properties.remove(child)
    for border in style.element.findall(f"{qn('w:pPr')}/{qn('w:pBdr')}"):
        border.getparent().remove(border)
    style.font.name, style.font.size = LATIN_FONT, Pt(points)
    properties.rFonts.set(qn("w:eastAsia"), name)
    properties.rFonts.set(qn("w:hint"), "eastAsia")  # quotation marks and the dot in a name are Chinese ones


def _indent(target: Any, characters: int) -> None:
    """First line indented by that many characters, whatever their size (python-docx knows points only)."""
    from docx.oxml.ns import qn

    indent = target.paragraph_format.element.get_or_add_pPr().get_or_add_ind()
    indent.set(qn("w:firstLineChars"), str(100 * characters))
    indent.set(qn("w:firstLine"), str(20 * BODY_POINTS * characters))


def _set_page(document: Document, *, draft: bool) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Mm

    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(25), Mm(22)
    section.left_margin, section.right_margin = Mm(28), Mm(26)
    section.header_distance, section.footer_distance = Mm(14), Mm(12)
    foot = section.footer.paragraphs[0]
    foot.alignment = WD_ALIGN_PARAGRAPH.CENTER
    for piece in ("第 ", "PAGE", " 页，共 ", "NUMPAGES", " 页"):
        _field(foot, piece) if piece.isupper() else foot.add_run(piece)
    if draft:
        head = section.header.paragraphs[0]
        head.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        head.add_run("草稿，请教师核对、修改后定稿")


def _field(paragraph: Paragraph, name: str) -> None:
    """A number that Word counts: PAGE or NUMPAGES."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), name)
    field.append(paragraph.add_run("1")._r)
    paragraph._p.append(field)


# ---- what must not be in it ----------------------------------------------------------------------------


def _drop_leftovers(document: Document) -> None:
    """Parts, styles and properties of the library's template that say nothing about this paper."""
    from docx.oxml.ns import qn

    for holder in (document.part.package, document.part):
        for key, relation in list(holder.rels.items()):
            if relation.reltype.rpartition("/")[2] not in _KEPT_PARTS:
                del holder.rels[key]
    properties = document.core_properties._element
    for child in list(properties):
        properties.remove(child)
    for style in list(document.styles):
        if style.name not in _KEPT_STYLES:
            style.element.getparent().remove(style.element)
    for style in document.styles:
        for child in (*style.element.findall(qn("w:link")), *style.element.findall(qn("w:rsid"))):
            style.element.remove(child)
    defaults = document.styles.element.find(qn("w:docDefaults"))
    for fonts in defaults.iter(qn("w:rFonts")):
        fonts.attrib.clear()
    for language in defaults.iter(qn("w:lang")):
        language.set(qn("w:eastAsia"), "zh-CN")
    settings = document.settings.element
    for name in ("w:rsids", "w:savePreviewPicture", "w:shapeDefaults", "w:proofState"):
        for child in settings.findall(qn(name)):
            settings.remove(child)
    for language in settings.findall(qn("w:themeFontLang")):
        language.set(qn("w:eastAsia"), "zh-CN")


def _with_fixed_dates(package: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(package)) as source, zipfile.ZipFile(stream, "w") as target:
        for name in source.namelist():
            entry = zipfile.ZipInfo(name, ZIP_DATE)
            entry.compress_type, entry.create_system = zipfile.ZIP_DEFLATED, 0
            target.writestr(entry, source.read(name))
        target.comment = _fingerprint(target)
    return stream.getvalue()


def is_untouched(content: bytes) -> bool:
    """True for a document as this program made it; whoever saves it in Word, WPS or LibreOffice drops the mark."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            return package.comment == _fingerprint(package)
    except (zipfile.BadZipFile, ValueError):
        return False


def _fingerprint(package: zipfile.ZipFile) -> bytes:
    """What the archive's comment says: the parts and their check sums, as a digest."""
    parts = "\n".join(f"{entry.filename} {entry.CRC:08x}" for entry in package.infolist())
    return b"xlbangfu " + hashlib.sha256(parts.encode()).hexdigest().encode()
