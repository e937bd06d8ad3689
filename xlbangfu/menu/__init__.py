"""The menu 「学困生帮扶」 of LibreOffice Calc: an extension from the same catalogue as the ribbon, and its installing.

Why: LibreOffice drops the sheet buttons from an .xlsm that it saves itself (measured, 7.4), and a person may have
document macros switched off. A menu that belongs to the program survives both.

basic      the macros: one Sub per action, which start the launcher
extension  the .oxt: menu, toolbar, macros, always the same bytes
unopkg     put it into a profile, look for it, take it out
"""

from __future__ import annotations

from xlbangfu.menu.extension import IDENTIFIER, build_extension
from xlbangfu.menu.unopkg import MenuError, extension_version_installed, install_extension, remove_extension

__all__ = [
    "IDENTIFIER",
    "MenuError",
    "build_extension",
    "extension_version_installed",
    "install_extension",
    "remove_extension",
]
