"""A crash at any moment leaves a receipt with which uninstall cleans up."""

from __future__ import annotations

import pytest

from install.computers import computer, nothing_standard, tree
from install.test_installing import go, used
from xlbangfu.install import changes, receipt
from xlbangfu.install.command import uninstall
from xlbangfu.install.step import Step


class PowerCut(BaseException):
    """Not an Exception: nobody catches it."""


def count_down(function, left: list[int], *, after: bool):
    def cut(*arguments, **keywords):
        left[0] -= 1
        if left[0] == 0 and not after:
            raise PowerCut
        answer = function(*arguments, **keywords)
        if left[0] == 0:
            raise PowerCut
        return answer

    return cut


MOMENTS = {
    "a change": (Step, "do"),
    "a line of the receipt": (receipt.Receipt, "add"),
    "writing a file": (changes, "_write"),
    "writing the receipt": (receipt, "write_file"),
}


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(("owner", "name"), MOMENTS.values(), ids=MOMENTS)
@pytest.mark.parametrize("k", range(1, 9))
@pytest.mark.parametrize("again", [False, True], ids=["then uninstall", "then install and uninstall"])
def test_uninstall_cleans_up_after_a_crash(tmp_path, monkeypatch, owner, name, after, k, again):
    nothing_standard(monkeypatch)
    machine = used(computer(tmp_path, "win32", excel=True, office=True))
    folder = tmp_path / "甲"
    folder.mkdir()
    files, keys = tree(machine.home), machine.registry.snapshot()
    with monkeypatch.context() as patch:
        patch.setattr(owner, name, count_down(getattr(owner, name), [k], after=after))
        try:
            go(machine, folder)
        except PowerCut:
            pass
        else:
            pytest.skip(f"{name} is called fewer than {k} times")
    if again:
        assert go(machine, folder) == 0
    assert uninstall(everything=False, plan=False, as_json=True, machine=machine) == 0
    assert tree(machine.home) == files
    assert machine.registry.snapshot() == keys


def test_what_a_cut_while_writing_leaves_is_cleared_too(tmp_path):
    machine = computer(tmp_path)
    go(machine)
    machine.launcher.with_name(f".{machine.launcher.name}.xlbangfu-tmp").write_bytes(b"half")
    uninstall(everything=False, plan=False, as_json=True, machine=machine)
    assert not machine.data.exists()
