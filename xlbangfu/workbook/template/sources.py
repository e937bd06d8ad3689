"""Where the committed template and the macro sources lie: inside an installed package, else in the checkout."""

from __future__ import annotations

from pathlib import Path

TEMPLATE_NAME = "workbook_template.xlsm"
MODULE, WORKBOOK_MODULE, RIBBON = "Bangfu.bas", "ThisWorkbook.cls", "customUI.xml"
MACRO_FILES = (MODULE, WORKBOOK_MODULE, RIBBON)

_PACKAGE = Path(__file__).resolve().parents[2]
PACKAGED = _PACKAGE / "_data"
CHECKOUT = _PACKAGE.parent


def find_data(*parts: str) -> Path:
    """The data file of that relative path, in the package's `_data`, else at the top of the checkout.

    Raises FileNotFoundError when neither has it.
    """
    for root in (PACKAGED, CHECKOUT):
        path = root.joinpath(*parts)
        if path.is_file():
            return path
    raise FileNotFoundError(str(CHECKOUT.joinpath(*parts)))


def template_path() -> Path:
    """The template that class workbooks are copied from. Raises FileNotFoundError."""
    return find_data(TEMPLATE_NAME)


def find_template() -> Path:
    """The same, or the place where it ought to be."""
    try:
        return template_path()
    except FileNotFoundError:
        return CHECKOUT / TEMPLATE_NAME


def in_checkout() -> bool:
    """Whether this is a copy of the sources, where the template is made, and not an installed or frozen program."""
    return (CHECKOUT / "macros" / MODULE).is_file()


def macro_source(name: str) -> str:
    """The text of one file of macros/ with \\n line ends. Raises FileNotFoundError."""
    return find_data("macros", name).read_text(encoding="utf-8").replace("\r\n", "\n")
