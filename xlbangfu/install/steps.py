"""The list of all steps: one more step is one more object here. `install`, `uninstall` and `doctor` all walk it."""

from __future__ import annotations

from xlbangfu.install.excel import AddIn, FrozenProgram, Settings, TrustedLocation
from xlbangfu.install.libreoffice import Launcher, OfficeMenu, TrustedSource
from xlbangfu.install.step import Step

STEPS: tuple[Step, ...] = (
    Launcher(),
    AddIn(),
    Settings(),
    FrozenProgram(),
    TrustedLocation(),
    TrustedSource(),
    OfficeMenu(),
)
