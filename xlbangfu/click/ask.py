"""A small window that asks for a password at a click: its own, as Excel's and LibreOffice's boxes show what is typed.

Keyboard alone is enough: Return goes on, Escape gives up. tkinter is imported only here. Source: spec §3, §7.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from xlbangfu.restricted.password import weakness

NO_WINDOW = "这台电脑打不开输入密码的窗口，什么也没有改动；请保存并关闭工作簿，在终端里运行：xlbangfu restricted 工作簿"
WRAP_PIXELS, MARGIN_PIXELS, FIELD_CHARACTERS = 420, 16, 36
RED = "#B00020"
CLASS_NAME = "xlbangfu-password"  # how window managers know it


class NoWindow(Exception):
    """There is no tkinter or no screen; the sentence says what to do instead."""

    def __init__(self) -> None:
        super().__init__(NO_WINDOW)


def ask_password(title: str, prompt: str, *, again: bool) -> str | None:
    """What the teacher typed; None if the window was closed or given up.

    again: a new password, typed twice and held against `password.weakness` before the window goes.
    Raises NoWindow.
    """
    try:
        import tkinter

        window = tkinter.Tk(className=CLASS_NAME)
    except Exception as problem:  # ImportError, or TclError without a screen
        raise NoWindow from problem
    try:
        return _Box(window, title, prompt, again).answer()
    finally:
        with suppress(Exception):  # closed by the cross already
            window.destroy()


class _Box:
    """The window's content. answer() shows it and waits."""

    def __init__(self, window: Any, title: str, prompt: str, again: bool) -> None:
        from tkinter import ttk

        self.window, self.password = window, None
        window.title(title)
        window.resizable(False, False)
        window.protocol("WM_DELETE_WINDOW", window.quit)
        frame = ttk.Frame(window, padding=MARGIN_PIXELS)
        frame.grid()
        lines = prompt.replace("。", "。\n").rstrip()  # Tk breaks lines at blanks first, which Chinese has few of
        ttk.Label(frame, text=lines, wraplength=WRAP_PIXELS, justify="left").grid(columnspan=2, sticky="w")
        words = ("密码：", "再输一次：") if again else ("密码：",)
        self.fields = [self._field(frame, row, word) for row, word in enumerate(words, start=1)]
        self.told = ttk.Label(frame, foreground=RED, wraplength=WRAP_PIXELS)
        self.told.grid(row=len(words) + 1, columnspan=2, sticky="w")
        self._buttons(frame, len(words) + 2)
        window.bind("<Escape>", lambda _: window.quit())
        for field, following in zip(self.fields, [*self.fields[1:], None], strict=True):
            field.bind("<Return>", self._go_on(following))
            field.bind("<KP_Enter>", self._go_on(following))

    def _field(self, frame: Any, row: int, word: str) -> Any:
        from tkinter import ttk

        ttk.Label(frame, text=word).grid(row=row, column=0, sticky="e", pady=(10, 0))
        field = ttk.Entry(frame, show="*", width=FIELD_CHARACTERS)
        field.grid(row=row, column=1, sticky="ew", pady=(10, 0))
        return field

    def _buttons(self, frame: Any, row: int) -> None:
        from tkinter import ttk

        bar = ttk.Frame(frame)
        bar.grid(row=row, columnspan=2, sticky="e", pady=(12, 0))
        for column, (text, work) in enumerate((("确定", self._finish), ("取消", self.window.quit))):
            button = ttk.Button(bar, text=text, command=work)
            button.bind("<Return>", _pressed)
            button.grid(row=0, column=column, padx=(8, 0))

    def _go_on(self, following: Any) -> Callable[[Any], None]:
        """Return in a field: to the next one, from the last one to the end."""

        def go_on(_: Any) -> None:
            if following is None:
                self._finish()
            else:
                following.focus_set()

        return go_on

    def _finish(self) -> None:
        typed = [field.get() for field in self.fields]
        if reason := self._reason(typed):
            self.told.configure(text=reason)
            for field in self.fields:
                field.delete(0, "end")
            self.fields[0].focus_set()
            return
        self.password = typed[0]
        self.window.quit()

    def _reason(self, typed: list[str]) -> str:
        if not typed[0]:
            return "请先输入密码。"
        if len(typed) == 1:
            return ""
        return weakness(typed[0]) or ("" if typed[0] == typed[1] else "两次输入的不一样，请重新输入。")

    def answer(self) -> str | None:
        """Show the window in front of everything, wait, and give what was typed."""
        window = self.window
        window.update_idletasks()
        left = (window.winfo_screenwidth() - window.winfo_reqwidth()) // 2
        top = (window.winfo_screenheight() - window.winfo_reqheight()) // 3
        window.geometry(f"+{left}+{top}")
        window.attributes("-topmost", True)
        window.lift()
        self.fields[0].focus_force()
        window.mainloop()
        return self.password


def _pressed(event: Any) -> None:
    """Return on a button does what the space bar does."""
    event.widget.invoke()
