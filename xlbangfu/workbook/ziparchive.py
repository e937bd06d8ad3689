"""A zip archive in memory whose untouched entries are copied without recompression.

zipfile cannot copy compressed bytes, and importing it costs as much as a whole closed write, so the central
directory is read here: sizes and offsets are bounded before anything is inflated. Source: spec §8;
PKWARE APPNOTE 4.3 (records), 4.5.3 (zip64).
"""

from __future__ import annotations

import struct
import zlib

from xlbangfu.workbook.errors import WorkbookUnreadable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

MAX_ARCHIVE_BYTES = 256 * 2**20
MAX_PARTS = 5_000
MAX_PART_BYTES = 512 * 2**20
MAX_TOTAL_BYTES = 2**30
MAX_RATIO = 200  # sheets formatted down to the last row reach about 40
RATIO_COUNTS_FROM_BYTES = 4 * 2**20  # a small part of one repeated byte is no bomb

_LEVEL = 3  # a quarter of the time of zlib's default for a tenth more bytes in the parts that change
_STORED, _DEFLATED = 0, 8
_ENCRYPTED, _DESCRIPTOR = 0x1, 0x8
_ZIP64_EXTRA = 0x0001
_FULL16, _FULL32 = 0xFFFF, 0xFFFFFFFF
_END = struct.Struct("<4s4H2LH")
_END64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR64 = struct.Struct("<4sLQL")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")

_PIECE_BYTES = 2**18
_DAMAGED = "文件已损坏或不完整（可能没有下载完、复制中断），请改用备份（.bak）或重新取得这个文件。"
_TOO_LARGE = "文件过大或内容异常，为安全起见不打开；请确认它是班级工作簿。"


class ArchiveTooLarge(WorkbookUnreadable):
    """More than the limits above, or packed more densely than any workbook."""


class Entry:
    """One file of the archive, as its central directory record tells."""

    __slots__ = (
        "comment",
        "compressed_bytes",
        "crc",
        "created_by",
        "external",
        "extra",
        "flags",
        "internal",
        "method",
        "name",
        "needed",
        "offset",
        "raw_name",
        "stamp",
        "total_bytes",
    )

    def __init__(self, fields: tuple[int, ...], raw_name: bytes, extra: bytes, comment: bytes) -> None:
        self.created_by, self.needed, self.flags, self.method = fields[1:5]
        self.stamp = (fields[5], fields[6])
        self.crc, self.compressed_bytes, self.total_bytes = fields[7:10]
        self.internal, self.external, self.offset = fields[14:17]
        self.raw_name = raw_name
        self.comment = comment
        self.extra = _without_zip64(extra)
        for kind, field in _extra_fields(extra):
            if kind == _ZIP64_EXTRA:
                self._take_zip64(field[4:])
        # Part names are ASCII by the format; tools that set no UTF-8 flag mean code page 437.
        self.name = raw_name.decode("utf-8" if self.flags & 0x800 else "cp437").replace("\\", "/")

    def _take_zip64(self, data: bytes) -> None:
        wanted = [n for n in ("total_bytes", "compressed_bytes", "offset") if getattr(self, n) == _FULL32]
        if len(data) < 8 * len(wanted):
            raise WorkbookUnreadable(_DAMAGED)
        for name, value in zip(wanted, struct.unpack_from(f"<{len(wanted)}Q", data), strict=True):
            setattr(self, name, value)


class Archive:
    """A zip archive held in memory.

    Raises WorkbookUnreadable for anything that is not a whole, plain zip within the limits above.
    """

    def __init__(self, data: bytes) -> None:
        if len(data) > MAX_ARCHIVE_BYTES:
            raise ArchiveTooLarge(_TOO_LARGE)
        self._data = data
        count, size, start, self._comment = _end_record(data)
        if count > MAX_PARTS:
            raise ArchiveTooLarge(_TOO_LARGE)
        self._directory_start = start
        self._entries: dict[str, Entry] = {}
        for entry in _central_records(data, start, size, count):
            if entry.name in self._entries:
                raise WorkbookUnreadable(_DAMAGED)
            self._entries[entry.name] = entry
        self._check_bounds()

    @property
    def names(self) -> list[str]:
        """Names of all entries, in archive order."""
        return list(self._entries)

    def __contains__(self, name: str) -> bool:
        return name in self._entries

    def read(self, name: str) -> bytes:
        """The inflated bytes of one entry. Raises KeyError, WorkbookUnreadable."""
        entry = self._entries[name]
        raw = self.raw(name)
        if entry.method == _DEFLATED:
            try:
                raw = zlib.decompressobj(-15).decompress(raw, entry.total_bytes + 1)
            except zlib.error:
                raise WorkbookUnreadable(_DAMAGED) from None
        if len(raw) != entry.total_bytes or zlib.crc32(raw) != entry.crc:
            raise WorkbookUnreadable(_DAMAGED)
        return raw

    def pieces(self, name: str) -> Iterator[bytes]:
        """The inflated bytes of one entry, some 256 kB at a time. Raises KeyError, WorkbookUnreadable."""
        entry = self._entries[name]
        start, _ = self._local(entry)
        end = start + entry.compressed_bytes
        inflate = zlib.decompressobj(-15) if entry.method == _DEFLATED else None
        total = crc = 0
        for at in range(start, end, _PIECE_BYTES):
            rest = self._data[at : min(at + _PIECE_BYTES, end)]
            while rest:
                try:
                    piece = rest if inflate is None else inflate.decompress(rest, _PIECE_BYTES)
                except zlib.error:
                    raise WorkbookUnreadable(_DAMAGED) from None
                rest = b"" if inflate is None else inflate.unconsumed_tail
                total, crc = total + len(piece), zlib.crc32(piece, crc)
                if total > entry.total_bytes:
                    raise WorkbookUnreadable(_DAMAGED)
                yield piece
        if inflate is not None:
            piece = inflate.flush()
            total, crc = total + len(piece), zlib.crc32(piece, crc)
            yield piece
        if total != entry.total_bytes or crc != entry.crc:
            raise WorkbookUnreadable(_DAMAGED)

    def raw(self, name: str) -> bytes:
        """The bytes of one entry as they are stored, mostly compressed."""
        entry = self._entries[name]
        start, _ = self._local(entry)
        return self._data[start : start + entry.compressed_bytes]

    def stored_alike(self, name: str, other: Archive) -> bool:
        """True if both archives hold the entry with the same sum, size and stored bytes."""
        mine, theirs = self._entries[name], other._entries[name]
        same = (mine.crc, mine.total_bytes, mine.method) == (theirs.crc, theirs.total_bytes, theirs.method)
        return same and self.raw(name) == other.raw(name)

    def rebuilt(self, changed: Mapping[str, bytes], removed: Collection[str] = ()) -> bytes:
        """A new archive: `changed` replaces the content of entries, `removed` leaves entries out.

        Order, names, time stamps and comments stay; every other entry's compressed bytes are copied as they
        are. The same arguments give the same bytes.
        """
        unknown = [name for name in (*changed, *removed) if name not in self._entries]
        if unknown:
            raise KeyError(unknown[0])
        pieces: list[bytes] = []
        central: list[bytes] = []
        offset = 0
        for name, entry in self._entries.items():
            if name in removed:
                continue
            local, record = self._records(entry, changed.get(name), offset)
            central.append(record)
            pieces.append(local)
            offset += len(local)
        directory = b"".join(central)
        end = (0, 0, len(central), len(central), len(directory), offset, len(self._comment))
        return b"".join((*pieces, directory, _END.pack(b"PK\5\6", *end), self._comment))

    def _records(self, entry: Entry, content: bytes | None, offset: int) -> tuple[bytes, bytes]:
        """The entry's local header with its bytes, and its central record; `content` None keeps the bytes."""
        start, local_extra = self._local(entry)
        if content is None:
            body = self._data[start : start + entry.compressed_bytes]
            sizes = (entry.crc, len(body), entry.total_bytes)
            needed, method = entry.needed, entry.method
        else:
            deflate = zlib.compressobj(_LEVEL, zlib.DEFLATED, -15)
            body = deflate.compress(content) + deflate.flush()
            sizes = (zlib.crc32(content), len(body), len(content))
            needed, method = max(entry.needed, 20), _DEFLATED
        # The sizes are known here, so no data descriptor follows.
        common = (needed, entry.flags & ~_DESCRIPTOR, method, *entry.stamp, *sizes, len(entry.raw_name))
        local = _LOCAL.pack(b"PK\3\4", *common, len(local_extra)) + entry.raw_name + local_extra + body
        tail = (len(entry.extra), len(entry.comment), 0, entry.internal, entry.external, offset)
        record = _CENTRAL.pack(b"PK\1\2", entry.created_by, *common, *tail)
        return local, record + entry.raw_name + entry.extra + entry.comment

    def _local(self, entry: Entry) -> tuple[int, bytes]:
        """Where the entry's bytes start, and the extra field of its local header less zip64."""
        header_end = entry.offset + _LOCAL.size
        fields = _LOCAL.unpack_from(self._data, entry.offset)
        name_end = header_end + fields[9]
        start = name_end + fields[10]
        fits = start + entry.compressed_bytes <= self._directory_start
        if fields[0] != b"PK\3\4" or self._data[header_end:name_end] != entry.raw_name or not fits:
            raise WorkbookUnreadable(_DAMAGED)
        return start, _without_zip64(self._data[name_end:start])

    def _check_bounds(self) -> None:
        """Refuse bombs, overlapping or encrypted entries, before anything is inflated."""
        total = 0
        for entry in self._entries.values():
            total += entry.total_bytes
            ratio = entry.total_bytes > MAX_RATIO * max(entry.compressed_bytes, 1)
            if entry.total_bytes > MAX_PART_BYTES or (ratio and entry.total_bytes > RATIO_COUNTS_FROM_BYTES):
                raise ArchiveTooLarge(_TOO_LARGE)
            if entry.flags & _ENCRYPTED:
                raise WorkbookUnreadable("文件加了压缩密码，无法读取；请取消密码后再试。")
            if entry.method not in (_STORED, _DEFLATED):
                raise WorkbookUnreadable("文件的压缩方式不受支持；请用 Excel 打开，另存为 .xlsx 或 .xlsm。")
        if total > MAX_TOTAL_BYTES:
            raise ArchiveTooLarge(_TOO_LARGE)
        free_from = 0
        for entry in sorted(self._entries.values(), key=lambda e: e.offset):
            least_end = entry.offset + _LOCAL.size + len(entry.raw_name) + entry.compressed_bytes
            if entry.offset < free_from or least_end > self._directory_start:
                raise WorkbookUnreadable(_DAMAGED)
            free_from = least_end


def _extra_fields(extra: bytes) -> Iterator[tuple[int, bytes]]:
    """(kind, whole field) of each field in an extra block; a torn rest is left out."""
    position = 0
    while position + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, position)
        yield kind, extra[position : position + 4 + length]
        position += 4 + length


def _without_zip64(extra: bytes) -> bytes:
    if not extra:
        return b""
    return b"".join(field for kind, field in _extra_fields(extra) if kind != _ZIP64_EXTRA)


def _end_record(data: bytes) -> tuple[int, int, int, bytes]:
    """Number of entries, size and start of the central directory, archive comment."""
    position = data.rfind(b"PK\5\6", max(0, len(data) - _END.size - _FULL16))
    if position < 0 or position + _END.size > len(data):
        raise WorkbookUnreadable(_DAMAGED)
    fields = _END.unpack_from(data, position)
    count, size, start = fields[4], fields[5], fields[6]
    end = position
    locator = position - _LOCATOR64.size
    if locator >= 0 and data[locator : locator + 4] == b"PK\6\7":
        end = _LOCATOR64.unpack_from(data, locator)[2]
        if end + _END64.size > len(data) or data[end : end + 4] != b"PK\6\6":
            raise WorkbookUnreadable(_DAMAGED)
        wide = _END64.unpack_from(data, end)
        count, size, start = wide[7], wide[8], wide[9]
    comment = data[position + _END.size : position + _END.size + fields[7]]
    if start + size != end or len(comment) != fields[7]:
        raise WorkbookUnreadable(_DAMAGED)
    return count, size, start, comment


def _central_records(data: bytes, start: int, size: int, count: int) -> list[Entry]:
    entries: list[Entry] = []
    position, end = start, start + size
    while position < end:
        if len(entries) == count or position + _CENTRAL.size > end:
            raise WorkbookUnreadable(_DAMAGED)
        fields = _CENTRAL.unpack_from(data, position)
        name_at = position + _CENTRAL.size
        extra_at = name_at + fields[10]
        comment_at = extra_at + fields[11]
        position = comment_at + fields[12]
        if fields[0] != b"PK\1\2" or position > end:
            raise WorkbookUnreadable(_DAMAGED)
        raw_name = data[name_at:extra_at]
        try:
            entries.append(Entry(fields, raw_name, data[extra_at:comment_at], data[comment_at:position]))
        except UnicodeDecodeError:
            raise WorkbookUnreadable(_DAMAGED) from None
    if len(entries) != count:
        raise WorkbookUnreadable(_DAMAGED)
    return entries
