"""Set a machine up with one command and undo it with another; `doctor` looks at the same steps.

What `install` changes is written into a receipt before it is changed, so that `uninstall` puts back exactly that,
even after a crash. A new step is one more object in `steps.STEPS`. Source: spec §8, §9.

machine     what a step may know about the computer; tests hand in another one
registry    the few words of the Windows registry that we speak
programs    which spreadsheet programs are here
conf, xcu   pure edits of xlwings.conf and of LibreOffice's registrymodifications.xcu
changes     the reversible changes: do, undo, and their line in the receipt
receipt     what was changed
step        what a step is: find, plan, do, undo, check; excel, libreoffice: the steps; steps: the list of them
command     both commands
"""

from __future__ import annotations

from collections.abc import Sequence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path


def install_command(folders: Sequence[Path], *, keep_alive: bool, plan: bool, as_json: bool) -> int:
    """Set this machine up for this user; 0 done, 1 something failed, 3 refused with nothing written.

    folders: where class workbooks lie; their macros are trusted, subfolders too. None: no folder is trusted.
    keep_alive: let xlwings keep one Python between clicks (see `excel.Settings`). plan: only list.
    """
    from xlbangfu.install.command import install

    return install(folders, keep_alive=keep_alive, plan=plan, as_json=as_json)


def uninstall_command(*, everything: bool, plan: bool, as_json: bool) -> int:
    """Undo what `install` did, by its receipt; 0 done, 1 something failed, 3 refused with nothing written.

    everything: also delete the undo copies and the log. plan: only list.
    """
    from xlbangfu.install.command import uninstall

    return uninstall(everything=everything, plan=plan, as_json=as_json)
