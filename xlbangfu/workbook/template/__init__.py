"""The workbook template: built from schema, catalogue and macros/, and nothing else.

Importing this package costs nothing; the building libraries are loaded when something is built.
"""

from __future__ import annotations

from pathlib import Path

from xlbangfu.workbook.template.sources import macro_source, template_path

__all__ = ["build_template", "macro_source", "template_path", "verify_template", "write_template"]


def build_template() -> bytes:
    """The template as .xlsm bytes, the same bytes every time. Source: spec §3."""
    from xlbangfu.workbook.template.build import build

    return build()


def write_template(path: Path | str) -> Path:
    """Build the template into `path` and, in a source checkout, refresh the generated parts of macros/.

    Returns the path. Raises OSError where it cannot be written.
    """
    from xlbangfu.workbook.template.build import write

    return write(Path(path))


def verify_template(path: Path | str) -> list[str]:
    """What differs between the file at `path` and its sources, one Chinese sentence each; [] if nothing does."""
    from xlbangfu.workbook.template.verify import verify

    return verify(Path(path))
