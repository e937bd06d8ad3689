"""The archive layer: bounds before inflating, raw copies of what does not change (§8)."""

from __future__ import annotations

import io
import random
import struct
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbook.sample_books import class_book, pack
from xlbangfu.workbook import ziparchive
from xlbangfu.workbook.errors import WorkbookUnreadable
from xlbangfu.workbook.ziparchive import Archive


def read_back(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def streamed(force_zip64: bool = False) -> bytes:
    """An archive as programs write that cannot seek: sizes in data descriptors, zip64 where asked."""

    class Pipe(io.RawIOBase):
        def __init__(self):
            self.written = bytearray()

        def writable(self):
            return True

        def write(self, data):
            self.written += data
            return len(data)

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("a.xml", "名册/二.xml"):
            with archive.open(zipfile.ZipInfo(name, (2026, 9, 1, 8, 30, 2)), "w", force_zip64=force_zip64) as file:
                file.write(name.encode() * 50)
    return bytes(pipe.written)


class TestReadingAndCopying:
    @pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])
    @pytest.mark.parametrize("length", [0, 1, 2**18, 2**18 + 1, 1_500_000])
    def test_piece_by_piece_is_the_same_as_whole(self, method, length):
        content = random.Random(length).randbytes(length // 2) + b"a" * (length - length // 2)
        archive = Archive(pack({"a": content}, method))
        pieces = list(archive.pieces("a"))
        assert b"".join(pieces) == archive.read("a") == content
        assert max(map(len, pieces), default=0) <= 2**18

    @given(st.integers(0), st.integers(1, 255))
    def test_a_damaged_entry_is_refused_piece_by_piece_too(self, place, turned):
        data = bytearray(pack({"a": random.Random(1).randbytes(3000)}, zipfile.ZIP_DEFLATED))
        data[40 + place % 2900] ^= turned  # beyond the headers of the entry and of its one block
        with pytest.raises(WorkbookUnreadable):
            list(Archive(bytes(data)).pieces("a"))

    @given(st.dictionaries(st.text("abc/名.", min_size=1, max_size=8), st.binary(max_size=300), min_size=1), st.data())
    def test_what_changes_changes_and_the_rest_is_copied(self, contents, data):
        before = pack(contents, data.draw(st.sampled_from((zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED))))
        archive = Archive(before)
        names = sorted(contents)
        changed = {name: data.draw(st.binary(max_size=300)) for name in names if data.draw(st.booleans())}
        removed = [name for name in names if name not in changed and data.draw(st.booleans())]
        after = archive.rebuilt(changed, removed)
        kept = {name: content for name, content in {**contents, **changed}.items() if name not in removed}
        assert read_back(after) == kept
        new = Archive(after)
        assert new.names == [name for name in archive.names if name not in removed]
        assert all(new.stored_alike(name, archive) for name in new.names if name not in changed)
        assert archive.rebuilt(changed, removed) == after

    @pytest.mark.parametrize("force_zip64", [False, True])
    def test_data_descriptors_zip64_and_utf8_names(self, force_zip64):
        before = streamed(force_zip64)
        archive = Archive(before)
        assert archive.names == ["a.xml", "名册/二.xml"]
        after = archive.rebuilt({"a.xml": b"new"})
        assert read_back(after) == {"a.xml": b"new", "名册/二.xml": "名册/二.xml".encode() * 50}
        assert [info.date_time for info in zipfile.ZipFile(io.BytesIO(after)).infolist()] == [
            (2026, 9, 1, 8, 30, 2)
        ] * 2

    def test_comments_and_extra_fields_stay(self):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            info = zipfile.ZipInfo("a.xml")
            info.extra, info.comment = struct.pack("<2H", 0xA220, 4) + b"grow", b"about a"
            archive.writestr(info, b"x")
            archive.comment = b"about all"
        after = zipfile.ZipFile(io.BytesIO(Archive(buffer.getvalue()).rebuilt({"a.xml": b"y"})))
        assert after.comment == b"about all"
        assert after.getinfo("a.xml").comment == b"about a"
        assert after.getinfo("a.xml").extra.endswith(b"grow")

    def test_an_unchanged_class_workbook_is_copied_byte_for_byte(self, tmp_path):
        before = class_book(tmp_path / "a.xlsx").read_bytes()
        assert Archive(before).rebuilt({}) == before


class TestBounds:
    def test_a_bomb_is_refused_before_it_is_inflated(self):
        data = pack({"a.xml": b"0" * (ziparchive.RATIO_COUNTS_FROM_BYTES + 1)})
        with pytest.raises(WorkbookUnreadable, match="安全"):
            Archive(data)

    def test_sizes_and_counts_have_limits(self, monkeypatch):
        data = pack({"a.xml": b"12345678", "b.xml": b"12345678"})
        for limit, small in (
            ("MAX_PART_BYTES", 7),
            ("MAX_TOTAL_BYTES", 15),
            ("MAX_PARTS", 1),
            ("MAX_ARCHIVE_BYTES", 50),
        ):
            with monkeypatch.context() as patched:
                patched.setattr(ziparchive, limit, small)
                with pytest.raises(WorkbookUnreadable):
                    Archive(data)
        assert Archive(data).read("b.xml") == b"12345678"

    def test_entries_that_share_bytes_are_refused(self):
        data = bytearray(pack({"a.xml": b"12345678", "b.xml": b"12345678"}, zipfile.ZIP_STORED))
        second = data.index(b"PK\1\2", data.index(b"PK\1\2") + 4)
        data[second + 42 : second + 46] = struct.pack("<L", 0)
        with pytest.raises(WorkbookUnreadable):
            Archive(bytes(data))

    def test_two_entries_of_one_name_are_refused(self):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("a.xml", b"1")
            with pytest.warns(UserWarning, match="Duplicate"):
                archive.writestr("a.xml", b"2")
        with pytest.raises(WorkbookUnreadable):
            Archive(buffer.getvalue())

    def test_a_part_whose_size_or_sum_is_a_lie_is_refused(self):
        content = b"0123456789" * 20
        for offset, lie in ((24, 5), (24, 50_000), (16, 1)):
            data = bytearray(pack({"a.xml": content}))
            central = data.index(b"PK\1\2")
            data[central + offset : central + offset + 4] = struct.pack("<L", lie)
            with pytest.raises(WorkbookUnreadable):
                Archive(bytes(data)).read("a.xml")

    def test_an_encrypted_entry_is_named_as_such(self):
        data = bytearray(pack({"a.xml": b"x"}))
        data[data.index(b"PK\1\2") + 8] |= 1
        with pytest.raises(WorkbookUnreadable, match="密码"):
            Archive(bytes(data))

    def test_damage_anywhere_never_escapes_as_another_error(self, tmp_path):
        whole = class_book(tmp_path / "a.xlsx", pupils=3).read_bytes()
        rng = random.Random(7)
        refused = 0
        for _ in range(400):
            data = bytearray(whole)
            for _ in range(rng.randrange(1, 4)):
                data[rng.randrange(len(data))] = rng.randrange(256)
            if rng.random() < 0.5:
                del data[rng.randrange(len(data)) :]
            try:
                archive = Archive(bytes(data))
                for name in archive.names:
                    archive.read(name)
            except WorkbookUnreadable:
                refused += 1
        assert refused > 300
