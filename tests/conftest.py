"""Every test process keeps the user's data (undo, logs, launcher) in a folder of its own, never in the person's."""

from __future__ import annotations

import os
import tempfile

from xlbangfu.places import DATA_VARIABLE

_OWN = tempfile.TemporaryDirectory(prefix="xlbangfu-tests-", ignore_cleanup_errors=True)
os.environ[DATA_VARIABLE] = _OWN.name
