"""xlbangfu: a school's support programme for struggling pupils, run from one macro workbook per class."""

from __future__ import annotations

__version__ = "0.1.0"
