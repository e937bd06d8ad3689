"""Where this program keeps what belongs to a person and not to a workbook: launcher, undo, logs.

One folder per user. The environment variable XLBANGFU_DATA names another one (tests, schools with roaming
profiles); the macros and the LibreOffice menu look there too.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

DATA_VARIABLE = "XLBANGFU_DATA"


def data_folder() -> Path:
    """The user's data folder of this program; it need not exist yet.

    Windows %LOCALAPPDATA%\\xlbangfu, macOS ~/Library/Application Support/xlbangfu, else ~/.local/share/xlbangfu.
    """
    if named := os.environ.get(DATA_VARIABLE):
        return Path(named)
    import platformdirs

    return Path(platformdirs.user_data_dir("xlbangfu", appauthor=False))


def launcher_path() -> Path:
    """The small program that a LibreOffice macro starts; `install` writes it. The macros know this place too."""
    return data_folder() / ("xlbangfu.cmd" if sys.platform == "win32" else "xlbangfu")


def undo_folder() -> Path:
    """Where the last step of every workbook is kept so that it can be put back."""
    return data_folder() / "undo"


def log_path() -> Path:
    """Details of what went wrong in a click; no names, no scores."""
    return data_folder() / "log" / "xlbangfu.log"
