"""What goes into the one-folder build and what stays out, as plain lists; `xlbangfu.spec` and a test read them.

No PyInstaller in here, so that the test runs where it is not installed. This folder must never get an `__init__.py`:
it would hide the library `packaging` from everything that runs at the top of the checkout.
"""

from __future__ import annotations

import re
import sys
import tomllib
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path, PurePath

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "xlbangfu"

# Parts of the libraries we do need, and of Python itself; `foreign_modules` adds whole libraries we never asked for.
EXCLUDED = (
    "sqlite3", "readline", "lib2to3", "pydoc_data",  # readline is GPL besides
    "numpy.f2py",
    # rich: bars and consoles only; it loads these for colouring source code and for Markdown
    "pygments", "markdown_it", "mdurl",
    # pyarrow: only parquet files are written; the rest is other people's servers and tests
    "pyarrow.flight", "pyarrow._flight", "pyarrow._s3fs", "pyarrow._gcsfs", "pyarrow._azurefs", "pyarrow._hdfs",
    "pyarrow.orc", "pyarrow._orc", "pyarrow._dataset_orc", "pyarrow.cffi", "pyarrow._pyarrow_cpp_tests",
    "xlwings.pro", "xlwings.xlwingslib",  # the paid part: not used, and not ours to hand on
)  # fmt: skip

# Run as plain files by LibreOffice's own Python, so a copy lies beside the archive of modules.
STANDALONE = ("workbook/libreoffice/desk.py",)

# What PyInstaller's hook for pyarrow takes along whatever is excluded: sources, and 55 MB of libraries that only the
# modules excluded above load, or that are second and third copies under another name.
_SOURCES = (".pxd", ".pxi", ".pyx", ".h", ".hpp", ".cc", ".lib")
_SOURCE_FOLDERS = (("include",), ("src",), ("tests",))
_UNUSED_LIBRARY = re.compile(
    r"(?:lib)?arrow(?:_python)?_(?:flight|s3|orc).*|libarrow_python\w*\.so(?:\.\d+\.\d+\.\d+)?"
)


def hidden_imports() -> list[str]:
    """Modules to collect whether or not an import statement leads to them.

    All of our own, so that nobody has to remember the ones the catalogue names as text; and the libraries that a
    command imports late, so that the smoke test asks for each of them.
    """
    late = ["openpyxl", "pandas", "platformdirs", "pyarrow.parquet", "pyopenvba", "python_calamine", "rich.progress"]
    late += ["xlsxwriter", "xlwings", "docx", "msoffcrypto", "tkinter", "xlrd", "olefile"]
    if sys.platform == "win32":
        late += ["win32com.client", "win32timezone"]  # the second by compiled code, when a date comes over COM
    return our_modules() + late


def our_modules() -> list[str]:
    """Every module of the package by name."""
    found = []
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found.append(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
    return sorted(found)


def data_files() -> list[tuple[str, str]]:
    """(file, folder inside the build) of everything that is read as a file, each where the package looks for it."""
    files = [(path, path.relative_to(ROOT).parent) for path in PACKAGE.rglob("*") if _is_data(path)]
    files += [(ROOT / "workbook_template.xlsm", PurePath("xlbangfu/_data"))]
    files += [(path, PurePath("xlbangfu/_data/macros")) for path in (ROOT / "macros").iterdir()]
    files += [(_folder_of("xlwings") / "addin" / "xlwings.xlam", PurePath("xlwings/addin"))]
    return sorted((str(path), folder.as_posix()) for path, folder in files)


def _is_data(path: Path) -> bool:
    if path.suffix == ".py":
        return path.relative_to(PACKAGE).as_posix() in STANDALONE
    return path.is_file() and path.parent.name != "__pycache__"


def _folder_of(package: str) -> Path:
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(package)
    return Path(spec.origin).parent


def requirements() -> list[str]:
    """Distributions that pyproject.toml asks for, without versions."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return [_name(line) for line in project["dependencies"]]


def _name(requirement: str) -> str:
    """'python_dateutil>=2.8; extra == "x"' → 'python-dateutil'."""
    return re.sub(r"[-_.]+", "-", re.split(r"[^\w.-]", requirement)[0]).lower()


def needed_distributions() -> set[str]:
    """What we depend on and what that depends on in turn, as far as it is installed."""
    needed: set[str] = set()
    waiting = requirements()
    while waiting:
        name = waiting.pop()
        if name in needed:
            continue
        try:
            asked = metadata.requires(name) or []
        except metadata.PackageNotFoundError:  # asked for on other systems only
            continue
        needed.add(name)
        waiting += [_name(line) for line in asked if "extra ==" not in line]
    return needed


def foreign_modules() -> list[str]:
    """Importable top-level names of this environment that nothing we depend on asks for: pytest, scipy, mypy …

    pandas, numpy and openpyxl import what they happen to find; so the build of a developer's environment would
    differ from that of a clean one.
    """
    needed = needed_distributions() | {"xlbangfu"}
    found = metadata.packages_distributions()
    return sorted(name for name, owners in found.items() if not needed & {_name(owner) for owner in owners})


def wanted(destination: str) -> bool:
    """False for a collected file that nothing in the build reads."""
    path = PurePath(destination)
    if path.name == "direct_url.json":  # where on the builder's machine a package was installed from
        return False
    source = path.parts[1:2] in _SOURCE_FOLDERS or path.suffix in _SOURCES
    return not (path.parts[0] == "pyarrow" and source) and not _UNUSED_LIBRARY.fullmatch(path.name)
