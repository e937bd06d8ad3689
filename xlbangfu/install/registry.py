"""The few words of the Windows registry that we speak; another machine has an empty one."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Protocol, TypeAlias

Value: TypeAlias = "str | int"
USER, COMPUTER = "HKCU", "HKLM"


class Registry(Protocol):
    """Keys are paths below a hive, `Software\\Microsoft\\Office`. We write below USER only."""

    def exists(self, hive: str, key: str) -> bool:
        """Whether the key is there."""

    def subkeys(self, hive: str, key: str) -> list[str]:
        """Names of the keys directly below; none for a key that is not there."""

    def values(self, hive: str, key: str) -> dict[str, Value]:
        """Texts and numbers of a key by name ("" is the default value); none for a key that is not there."""

    def create(self, key: str, values: Mapping[str, Value]) -> None:
        """Make a key of the user, with the keys above it, and set its values."""

    def delete(self, key: str) -> None:
        """Delete a key of the user that has no keys below it."""


class EmptyRegistry:
    """What macOS and Linux have."""

    def exists(self, hive: str, key: str) -> bool:
        """Never."""
        return False

    def subkeys(self, hive: str, key: str) -> list[str]:
        """None."""
        return []

    def values(self, hive: str, key: str) -> dict[str, Value]:
        """None."""
        return {}

    def create(self, key: str, values: Mapping[str, Value]) -> None:
        """There is nowhere to write."""
        raise OSError("no registry on this system")

    def delete(self, key: str) -> None:
        """There is nothing to delete."""


if sys.platform == "win32":
    import winreg

    _HIVES = {USER: winreg.HKEY_CURRENT_USER, COMPUTER: winreg.HKEY_LOCAL_MACHINE}

    class WindowsRegistry:
        """The real one."""

        def exists(self, hive: str, key: str) -> bool:
            """Whether the key is there."""
            try:
                winreg.OpenKey(_HIVES[hive], key).Close()
            except OSError:
                return False
            return True

        def subkeys(self, hive: str, key: str) -> list[str]:
            """Names of the keys directly below."""
            try:
                with winreg.OpenKey(_HIVES[hive], key) as opened:
                    return [winreg.EnumKey(opened, i) for i in range(winreg.QueryInfoKey(opened)[0])]
            except OSError:
                return []

        def values(self, hive: str, key: str) -> dict[str, Value]:
            """Texts and numbers of a key by name."""
            try:
                with winreg.OpenKey(_HIVES[hive], key) as opened:
                    rows = [winreg.EnumValue(opened, i) for i in range(winreg.QueryInfoKey(opened)[1])]
            except OSError:
                return {}
            return {name: value for name, value, _ in rows if isinstance(value, str | int)}

        def create(self, key: str, values: Mapping[str, Value]) -> None:
            """Make a key of the user and set its values."""
            with winreg.CreateKey(winreg.HKEY_CURRENT_USER, key) as made:
                for name, value in values.items():
                    kind = winreg.REG_DWORD if isinstance(value, int) else winreg.REG_SZ
                    winreg.SetValueEx(made, name, 0, kind, value)

        def delete(self, key: str) -> None:
            """Delete a key of the user."""
            winreg.DeleteKey(winreg.HKEY_CURRENT_USER, key)


def this_registry() -> Registry:
    """The registry of the computer we run on."""
    if sys.platform == "win32":
        return WindowsRegistry()
    return EmptyRegistry()
