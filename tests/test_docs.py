"""The documents say nothing that the program does not do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from xlbangfu.cli import build_parser

ROOT = Path(__file__).parents[1]
COMMAND = re.compile(r"`xlbangfu ([^`]+)`")
DOCUMENTS = [ROOT / "README.md", ROOT / "README.zh-CN.md", *sorted((ROOT / "docs").glob("*.md"))]


def commands() -> list[tuple[str, str]]:
    return [(d.name, m) for d in DOCUMENTS for m in COMMAND.findall(d.read_text(encoding="utf-8"))]


@pytest.mark.parametrize(("document", "words"), commands())
def test_every_command_in_the_documents_is_one_the_parser_takes(document, words):
    args = build_parser().parse_args(words.replace("…", "").split())
    assert callable(args.handler)


def test_both_readmes_name_every_document_that_exists():
    linked = set(re.findall(r"\(docs/([\w.-]+\.md)\)", (ROOT / "README.md").read_text(encoding="utf-8")))
    assert linked <= {p.name for p in (ROOT / "docs").glob("*.md")}


def test_no_document_or_source_names_a_machine_path():
    for path in [*DOCUMENTS, *(ROOT / "xlbangfu").rglob("*.py"), *(ROOT / "tests").rglob("*.py")]:
        if path != Path(__file__):
            assert not re.search(r"/(?:work|root)/\w", path.read_text(encoding="utf-8")), path


def test_makefile_has_the_words_that_the_readme_names():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = set(re.findall(r"`?make ([a-z]+)", (ROOT / "README.md").read_text(encoding="utf-8")))
    assert named <= targets
