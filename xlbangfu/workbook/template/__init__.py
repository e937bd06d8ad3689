"""The workbook template: built from schema, catalogue and macros/, and nothing else.

Importing this package costs nothing; the building libraries are loaded when something is built.
"""

from __future__ import annotations

from pathlib import Path

from xlbangfu.workbook.errors import WorkbookError
from xlbangfu.workbook.template import sources
from xlbangfu.workbook.template.sources import find_template, macro_source, template_path

NO_SOURCES = "这里没有源文件，不能重新生成随程序的模板；另存一份请写文件名，例如：xlbangfu template build 模板.xlsm"

__all__ = ["build_template", "macro_source", "template_path", "verify_template", "write_template"]


def build_template() -> bytes:
    """The template as .xlsm bytes, the same bytes every time. Source: spec §3."""
    from xlbangfu.workbook.template.build import build

    return build()


def write_template(path: Path | str | None = None) -> Path:
    """Build the template into `path` (default: the committed file's place) and refresh macros/ in a checkout.

    Only the generated parts of macros/ are touched. Returns the path. Raises WorkbookError without a path where the
    program is installed or frozen, whose folder is not ours to write; OSError where it cannot be written.
    """
    from xlbangfu.workbook.template.build import write

    if path is None and not sources.in_checkout():
        raise WorkbookError(NO_SOURCES)
    return write(Path(path) if path is not None else sources.CHECKOUT / sources.TEMPLATE_NAME)


def verify_template(path: Path | str | None = None) -> list[str]:
    """What differs between the file at `path` (default: the committed one) and its sources; [] if nothing does.

    One Chinese sentence for each part. Never raises for a missing or broken file: that is a sentence too.
    """
    from xlbangfu.workbook.template.verify import verify

    return verify(Path(path) if path is not None else find_template())
