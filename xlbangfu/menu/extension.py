"""The .oxt that LibreOffice's extension manager takes: a zip of menu, toolbar and macros.

Byte for byte the same on every run: fixed dates, fixed order, no clock. The menu stands in Calc only.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable
from xml.sax.saxutils import escape, quoteattr

from xlbangfu import __version__
from xlbangfu.actions.catalogue import RIBBON_GROUPS, Action
from xlbangfu.menu.basic import LIBRARY, MODULE, TITLE, available_actions, basic_source, macro_url
from xlbangfu.workbook.template.ribbon import LARGE

IDENTIFIER = "org.xlbangfu.menu"
FILE_NAME = "xlbangfu-menu.oxt"
CALC = "com.sun.star.sheet.SpreadsheetDocument"
TOOLBAR = f"private:resource/toolbar/addon_{IDENTIFIER}"
ZIP_DATE = (1980, 1, 1, 0, 0, 0)

_XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
_REGISTRY = 'xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema"'
_DTD = '<!DOCTYPE {0} PUBLIC "-//OpenOffice.org//DTD OfficeDocument 1.0//EN" "{1}.dtd">\n'
_MANIFEST = (  # (media type, path): what the extension manager has to register
    ("application/vnd.sun.star.basic-library", f"{LIBRARY}/"),
    ("application/vnd.sun.star.configuration-data", "Addons.xcu"),
    ("application/vnd.sun.star.configuration-data", "CalcWindowState.xcu"),
)


def build_extension() -> bytes:
    """The extension as .oxt bytes, the same bytes every time. Source: the catalogue of actions."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:  # no zip library squeezes it differently
        for name, text in extension_parts().items():
            entry = zipfile.ZipInfo(name, ZIP_DATE)
            entry.create_system = 3  # else Windows and Linux write different bytes
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, text.encode("utf-8"))
    return stream.getvalue()


def extension_parts() -> dict[str, str]:
    """Every part of the extension: path in the zip → text."""
    return {
        "META-INF/manifest.xml": _manifest(),
        "description.xml": _description(),
        "Addons.xcu": _addons(),
        "CalcWindowState.xcu": _window_state(),
        f"{LIBRARY}/script.xlb": _library(MODULE),
        f"{LIBRARY}/dialog.xlb": _library(),
        f"{LIBRARY}/{MODULE}.xba": _module(),
    }


def _manifest() -> str:
    entries = "".join(
        f'  <manifest:file-entry manifest:media-type="{kind}" manifest:full-path="{path}"/>\n'
        for kind, path in _MANIFEST
    )
    space = "http://openoffice.org/2001/manifest"
    return f'{_XML}<manifest:manifest xmlns:manifest="{space}">\n{entries}</manifest:manifest>\n'


def _description() -> str:
    return (
        f"{_XML}"
        '<description xmlns="http://openoffice.org/extensions/description/2006">\n'
        f'  <identifier value="{IDENTIFIER}"/>\n'
        f'  <version value="{__version__}"/>\n'
        f'  <display-name><name lang="zh-CN">{TITLE}</name></display-name>\n'
        "</description>\n"
    )


# ---- menu and toolbar ----


def _addons() -> str:
    """Menu and toolbar. LibreOffice orders entries by the names of their nodes, hence the numbers."""
    menu = _node(IDENTIFIER, _title(TITLE), _property("Context", CALC), _branch("Submenu", *_submenus()))
    tools = [a for a in available_actions() if a.id in LARGE]
    toolbar = _node(IDENTIFIER, *_entries(tools))
    body = _branch("AddonUI", _branch("OfficeMenuBar", menu), _branch("OfficeToolBar", toolbar))
    return _component("Addons", "org.openoffice.Office", body)


def _submenus() -> Iterable[str]:
    for number, group in enumerate(RIBBON_GROUPS, start=1):
        actions = [a for a in available_actions() if a.group == group]
        if actions:
            inner = _branch("Submenu", *_entries(actions))
            yield _node(f"group{number:02}", _title(group), _property("Context", CALC), inner)


def _entries(actions: Iterable[Action]) -> Iterable[str]:
    for number, action in enumerate(actions, start=1):
        yield _node(
            f"entry{number:02}",
            _title(action.label),
            _property("Context", CALC),
            _property("URL", macro_url(action)),
            _property("Target", "_self"),
        )


def _window_state() -> str:
    """Name and place of the toolbar: in sight, in a row of its own at the top."""
    state = _node(
        TOOLBAR,
        _property("UIName", TITLE),
        _property("Visible", "true", kind="xs:boolean"),
        _property("Docked", "true", kind="xs:boolean"),
        _property("DockingArea", "0", kind="xs:int"),
        _property("DockPos", "0,5"),
        _property("Style", "0", kind="xs:int"),
    )
    body = _branch("UIElements", _branch("States", state))
    return _component("CalcWindowState", "org.openoffice.Office.UI", body)


def _component(name: str, package: str, body: str) -> str:
    head = f'<oor:component-data {_REGISTRY} oor:name="{name}" oor:package="{package}">'
    return f"{_XML}{head}\n{body}\n</oor:component-data>\n"


def _branch(name: str, *parts: str) -> str:
    """A node that the schema has already."""
    return f"<node oor:name={quoteattr(name)}>\n" + "\n".join(parts) + "\n</node>"


def _node(name: str, *parts: str) -> str:
    """A node of ours in one of the schema's sets."""
    return f'<node oor:name={quoteattr(name)} oor:op="replace">\n' + "\n".join(parts) + "\n</node>"


def _property(name: str, value: str, kind: str = "xs:string") -> str:
    return f'<prop oor:name="{name}" oor:type="{kind}"><value>{escape(value)}</value></prop>'


def _title(text: str) -> str:
    """A caption: en-US is what LibreOffice falls back to in every language that has none of its own."""
    values = "".join(f'<value xml:lang="{language}">{escape(text)}</value>' for language in ("en-US", "zh-CN"))
    return f'<prop oor:name="Title" oor:type="xs:string">{values}</prop>'


# ---- the Basic library ----


def _library(*elements: str) -> str:
    inner = "".join(f'  <library:element library:name="{e}"/>\n' for e in elements)
    return (
        f"{_XML}{_DTD.format('library:library', 'library')}"
        f'<library:library xmlns:library="http://openoffice.org/2000/library" library:name="{LIBRARY}"'
        f' library:readonly="false" library:passwordprotected="false">\n{inner}</library:library>\n'
    )


def _module() -> str:
    return (
        f"{_XML}{_DTD.format('script:module', 'module')}"
        f'<script:module xmlns:script="http://openoffice.org/2000/script" script:name="{MODULE}"'
        f' script:language="StarBasic">{escape(basic_source())}</script:module>\n'
    )
