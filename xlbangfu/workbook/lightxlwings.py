"""xlwings without the libraries it would like to have: saves most of its import time.

`import xlwings` imports pandas, numpy, polars, matplotlib and Pillow wherever they are installed (some 450 ms of a
click), for conversions that this program never asks for. Serves Excel and LibreOffice alike.
"""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from types import ModuleType

OPTIONAL = ("pandas", "numpy", "polars", "matplotlib", "PIL", "cryptography")


def import_xlwings() -> ModuleType:
    """The module xlwings, imported with only those optional libraries that this process has loaded already.

    A later `import pandas` works as ever. xlwings itself stays as it was first imported: where it was imported without
    pandas it converts no data frames. Raises ImportError where xlwings is missing.
    """
    if "xlwings" in sys.modules:
        return sys.modules["xlwings"]
    hidden = [name for name in OPTIONAL if name not in sys.modules]
    modules = cast("dict[str, ModuleType | None]", sys.modules)
    modules.update(dict.fromkeys(hidden))  # None makes an import of that name fail at once
    try:
        return importlib.import_module("xlwings")
    finally:
        for name in hidden:
            if modules.get(name, 0) is None:
                del modules[name]
