"""Walking a ZIP record by record from byte 0, before any library opens it.

A ZIP can be read from the front (local headers) and from the back (central
directory), and installers differ in which they believe. So both must tell the
same story, every byte must belong to it, and nothing optional is accepted that
wheels do not need: no prefix, gap, comment, encryption, data descriptor, split
archive, ZIP64 end record, or compression other than stored and deflated.
"""

import stat
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, NoReturn

from django.utils.translation import gettext as _

from packages.intake.bounds import (
    CHUNK,
    MEMBER_BYTES,
    MEMBERS,
    RATIO,
    RATIO_FREE_BYTES,
    UNPACKED_BYTES,
)
from packages.intake.inflate import RAW, inflate
from packages.intake.member_names import Tree, decode
from packages.refusals import InvalidFile, echo

_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_EXTRA = struct.Struct("<2H")
_LOCAL_SIGNATURE = b"PK\x03\x04"
_CENTRAL_SIGNATURE = b"PK\x01\x02"
_END_SIGNATURE = b"PK\x05\x06"
_STORED, _DEFLATED = 0, 8
_UTF8_FLAG = 0x0800
#: Bits 1 and 2 tell how hard the compressor tried.
_ALLOWED_FLAGS = 0x0006 | _UTF8_FLAG
_ZIP64_EXTRA = 0x0001
_ZIP64_SIZES = struct.Struct("<2Q")
_ZIP64_HERE = 0xFFFFFFFF
#: Strong encryption, and a second name for the member (Info-ZIP).
_FORBIDDEN_EXTRA = frozenset({0x0017, 0x6375, 0x7075, 0x9901})
_UNIX = 3
#: Bytes that deflating nothing comes to.
_PACKED_NOTHING = 2


@dataclass(frozen=True, slots=True)
class Member:
    """One file in the archive, as both its headers describe it."""

    raw_name: bytes
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    header_at: int
    data_at: int


def walk(file: BinaryIO) -> dict[str, Member]:
    """Return the files of the archive by name; folders are checked and left out."""
    members = _local_members(file)
    central_at = file.tell()
    _check_central(file, members)
    _check_end(file, len(members), central_at)
    return _check_names(members)


def read(file: BinaryIO, member: Member, most: int) -> bytes:
    """Return the contents of a small member of at most `most` bytes."""
    if member.size > most:
        _refuse(
            _("'%(name)s' is larger than %(most)d bytes.")
            % {"name": echo(decode(member.raw_name)), "most": most}
        )
    return b"".join(contents(file, member))


def contents(file: BinaryIO, member: Member) -> Iterator[bytes]:
    """Yield a member's bytes; its size and CRC must be what its headers say."""
    size = crc = 0
    for piece in _unpacked(file, member):
        size += len(piece)
        crc = zlib.crc32(piece, crc)
        if size > member.size:
            _damaged(member)
        yield piece
    if size != member.size or crc != member.crc:
        _damaged(member)


def _unpacked(file: BinaryIO, member: Member) -> Iterator[bytes]:
    file.seek(member.data_at)
    left = member.packed

    def read(most: int) -> bytes:
        nonlocal left
        piece = file.read(min(most, left))
        left -= len(piece)
        return piece

    if member.method == _DEFLATED:
        return inflate(read, RAW)
    return iter(lambda: read(CHUNK), b"")


def _local_members(file: BinaryIO) -> list[Member]:
    file.seek(0)
    members: list[Member] = []
    budget = _Budget()
    while True:
        at = file.tell()
        header = file.read(_LOCAL.size)
        if header[:4] != _LOCAL_SIGNATURE:
            break
        if len(members) >= MEMBERS:
            _refuse(_("It holds more than %(most)d members.") % {"most": MEMBERS})
        member = _local_member(file, at, _whole(_LOCAL, header))
        budget.spend(member)
        members.append(member)
        file.seek(member.data_at + member.packed)
    if not members:
        _refuse(_("It is not a ZIP archive that starts at its first byte."))
    file.seek(at)
    return members


def _local_member(file: BinaryIO, at: int, header: tuple[Any, ...]) -> Member:
    flags, method = header[2:4]
    crc, packed, size, name_length, extra_length = header[6:]
    name = _exactly(file, name_length)
    zip64 = _check_extra(_exactly(file, extra_length))
    is_zip64 = packed == size == _ZIP64_HERE
    if is_zip64 != (zip64 is not None):
        _refuse(_("A member's ZIP64 sizes are missing, or not called for."))
    if zip64:
        size, packed = zip64
    return Member(name, flags, method, crc, packed, size, at, file.tell())


def _check_central(file: BinaryIO, members: list[Member]) -> None:
    """Compare the central directory with the local headers, entry by entry."""
    by_offset = {member.header_at: member for member in members}
    for _index in range(len(members)):
        header = file.read(_CENTRAL.size)
        if header[:4] != _CENTRAL_SIGNATURE:
            _disagree()
        entry = _whole(_CENTRAL, header)
        name = _exactly(file, entry[10])
        zip64 = _check_extra(_exactly(file, entry[11]))
        member = by_offset.pop(entry[16], None)
        if member is None or zip64 or entry[12] or entry[13]:
            # A ZIP64 size, a comment, another disk, or an offset of no header.
            _disagree()
        told = (name, entry[3], entry[4], entry[7], entry[8], entry[9])
        if told != (
            member.raw_name,
            member.flags,
            member.method,
            member.crc,
            member.packed,
            member.size,
        ):
            _disagree()
        _check_kind(name, made_by=entry[1] >> 8, attributes=entry[15])


def _check_kind(name: bytes, *, made_by: int, attributes: int) -> None:
    kind = stat.S_IFMT(attributes >> 16)
    allowed = {0, stat.S_IFDIR if name.endswith(b"/") else stat.S_IFREG}
    if made_by == _UNIX and kind not in allowed:
        _refuse(
            _("'%(name)s' is a link or a device, not a file.")
            % {"name": echo(decode(name))}
        )


def _check_end(file: BinaryIO, count: int, central_at: int) -> None:
    end_at = file.tell()
    record = _whole(_END, file.read(_END.size))
    expected = (
        _END_SIGNATURE,
        0,
        0,
        count,
        count,
        end_at - central_at,
        central_at,
        0,
    )
    if record != expected or file.read(1):
        _refuse(
            _(
                "The end of the ZIP archive does not fit what comes before it, "
                "or something follows it."
            )
        )


def _check_names(members: list[Member]) -> dict[str, Member]:
    tree = Tree()
    files: dict[str, Member] = {}
    for member in members:
        name = decode(member.raw_name)
        folder = name.endswith("/")
        if not name.isascii() and not member.flags & _UTF8_FLAG:
            _refuse(
                _("The name '%(name)s' is not marked as UTF-8.") % {"name": echo(name)}
            )
        tree.add(name, folder=folder)
        if not folder:
            files[name] = member
        elif member.size or member.packed > _PACKED_NOTHING:
            _refuse(_("The folder '%(name)s' has contents.") % {"name": echo(name)})
    return files


def _check_extra(extra: bytes) -> tuple[int, int] | None:
    """Return (size, packed) of a ZIP64 field in the extra data of a header."""
    sizes: tuple[int, int] | None = None
    at = 0
    while at < len(extra):
        if at + _EXTRA.size > len(extra):
            _refuse(_("A header's extra data is malformed."))
        kind, length = _EXTRA.unpack_from(extra, at)
        at += _EXTRA.size
        value = extra[at : at + length]
        at += length
        if len(value) != length or kind in _FORBIDDEN_EXTRA:
            _refuse(_("A header's extra data is malformed or not allowed."))
        if kind == _ZIP64_EXTRA:
            if sizes is not None or length != _ZIP64_SIZES.size:
                _refuse(_("A header's ZIP64 sizes are malformed."))
            sizes = _ZIP64_SIZES.unpack(value)
    return sizes


class _Budget:
    """Counts what the archive would unpack to."""

    def __init__(self) -> None:
        self._packed = 0
        self._unpacked = 0

    def spend(self, member: Member) -> None:
        """Take one member into account, or refuse it."""
        self._check_member(member)
        self._packed += member.packed
        self._unpacked += member.size
        if self._unpacked > UNPACKED_BYTES or (
            self._unpacked > RATIO_FREE_BYTES and self._unpacked > RATIO * self._packed
        ):
            _refuse(_("It unpacks to far more than it should (a ZIP bomb)."))

    @staticmethod
    def _check_member(member: Member) -> None:
        name = {"name": echo(member.raw_name.decode("utf-8", "replace"))}
        if member.flags & ~_ALLOWED_FLAGS:
            _refuse(_("'%(name)s' is encrypted, or its sizes come after it.") % name)
        if member.method not in {_STORED, _DEFLATED}:
            _refuse(_("'%(name)s' is neither stored nor deflated.") % name)
        if member.method == _STORED and member.size != member.packed:
            _damaged(member)
        if member.size > MEMBER_BYTES:
            _refuse(_("'%(name)s' unpacks to too many bytes.") % name)


def _whole(record: struct.Struct, data: bytes) -> tuple[Any, ...]:
    if len(data) != record.size:
        _refuse(_("The ZIP archive is cut short."))
    return record.unpack(data)


def _exactly(file: BinaryIO, length: int) -> bytes:
    data = file.read(length)
    if len(data) != length:
        _refuse(_("The ZIP archive is cut short."))
    return data


def _damaged(member: Member) -> NoReturn:
    name = echo(member.raw_name.decode("utf-8", "replace"))
    _refuse(_("'%(name)s' is damaged.") % {"name": name})


def _disagree() -> NoReturn:
    _refuse(_("The ZIP archive's two lists of its members differ."))


def _refuse(message: str) -> NoReturn:
    raise InvalidFile(message, code="bad-archive")
