"""The step of the menu with a real unopkg, as an account that is not root: in, seen by doctor, out.

Everything is imported up here: the other account may not be allowed to read this Python's library.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from xlbangfu import __version__
from xlbangfu.install.command import install, uninstall
from xlbangfu.install.libreoffice import OfficeMenu, TrustedSource
from xlbangfu.install.machine import this_machine
from xlbangfu.install.receipt import read_receipt
from xlbangfu.menu import extension_version_installed

SOFFICE = shutil.which("soffice")
NOBODY = 65534

pytestmark = [
    pytest.mark.libreoffice,
    pytest.mark.skipif(
        SOFFICE is None or not hasattr(os, "fork") or not (Path(SOFFICE).resolve().parent / "unopkg").exists(),
        reason="no unopkg beside soffice",
    ),
]


@pytest.fixture
def home() -> Iterator[Path]:
    """A home that an account other than root may enter and write."""
    folder = Path(tempfile.mkdtemp(prefix="xlbangfu 家 "))
    (folder / "甲").mkdir()
    if os.geteuid() == 0:
        for path in (folder, folder / "甲"):
            os.chown(path, NOBODY, NOBODY)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def _become(home: str) -> None:
    os.environ.update(HOME=home, XLBANGFU_DATA=f"{home}/数据")
    os.environ.pop("XDG_CONFIG_HOME", None)
    if os.geteuid() == 0:  # unopkg refuses root, as whom tests often run in a container
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)


def in_and_out(home: Path) -> dict[str, object]:
    """Exit codes, rows of doctor and versions of a whole round, with a trusted folder besides."""
    machine = this_machine()
    office = (Path(SOFFICE or ""), machine.office_profile)

    def go() -> int:
        return install([home / "甲"], keep_alive=False, plan=False, as_json=True)

    def rows() -> list[str]:
        receipt = read_receipt(machine.data)
        return [f.state for step in (TrustedSource(), OfficeMenu()) for f in step.findings(machine, receipt)]

    found: dict[str, object] = {"doctor before": rows(), "made by looking": machine.office_profile.exists()}
    found["install"], found["version"] = go(), extension_version_installed(*office)
    found["doctor"] = rows()
    receipt = (machine.data / "install.json").read_bytes()
    found["again"], found["the same receipt"] = go(), (machine.data / "install.json").read_bytes() == receipt
    found["steps"] = [entry["step"] for entry in json.loads(receipt)["changes"]]
    found["uninstall"] = uninstall(everything=False, plan=False, as_json=True)
    found["version after"] = extension_version_installed(*office)
    found["settings after"] = "SecureURL" in machine.office_settings.read_text(encoding="utf-8")
    found["data after"] = machine.data.exists()
    return found


def test_the_menu_goes_in_and_out_with_the_trusted_folder(home):
    with ProcessPoolExecutor(1, multiprocessing.get_context("fork"), _become, (str(home),)) as account:
        found = account.submit(in_and_out, home).result(120)
    assert found == {
        "doctor before": ["提醒", "提醒"],
        "made by looking": False,
        "install": 0,
        "version": __version__,
        "doctor": ["正常", "正常"],
        "again": 0,
        "the same receipt": True,
        "steps": ["launcher", "source", "menu"],
        "uninstall": 0,
        "version after": None,
        "settings after": False,
        "data after": False,
    }
