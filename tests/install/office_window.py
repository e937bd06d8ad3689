"""Run by a Python that can `import uno`: opens a workbook as a person does, and says what LibreOffice allows.

Words: soffice, workbook, name of a pipe. Prints one JSON object: whether macros may run, what the status cell says
before and after a press of the first button. The profile is that of HOME.
"""

import json
import os
import signal
import subprocess
import sys
import time

WAIT = 60  # seconds; a first start of LibreOffice makes its profile
MOVES = 3  # seconds a press may take to move the status cell


def until(seconds, ask):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if answer := ask():
                return answer
        except Exception:  # not there yet; uno has many names for that
            pass
        time.sleep(0.1)
    return None


def status(document):
    return document.NamedRanges.getByName("XB_STATUS").ReferredCells.getCellByPosition(0, 0).String


def press(document):
    """Press the first button of the first sheet through its accessible action."""
    page = document.Sheets.getByIndex(0).DrawPage
    control = page.Forms.getByIndex(0).getByIndex(0)
    document.CurrentController.getControl(control).AccessibleContext.doAccessibleAction(0)


def main(soffice, workbook, pipe):
    """Open, press, tell, close."""
    import uno

    words = [soffice, "--headless", "--norestore", "--nologo", f"--accept=pipe,name={pipe};urp;", workbook]
    office = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        local = uno.getComponentContext()
        resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
        context = until(WAIT, lambda: resolver.resolve(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext"))
        desktop = context.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", context)
        document = until(WAIT, lambda: next(d for d in desktop.Components if hasattr(d, "Sheets")))
        before = status(document)
        press(document)
        until(MOVES, lambda: status(document) != before)
        print(json.dumps({"allowed": document.AllowMacroExecution, "before": before, "after": status(document)}))
        document.close(True)
        desktop.terminate()
        office.wait(20)
    finally:
        if office.poll() is None:  # soffice is a script: the program is its child, in the session made for it
            os.killpg(office.pid, signal.SIGKILL)


if __name__ == "__main__":
    main(*sys.argv[1:])
