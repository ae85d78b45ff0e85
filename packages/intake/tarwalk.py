"""Walking a .tar.gz header by header, without the standard library's tarfile.

CPython 3.13.0's tarfile runs for ever on a member with a negative size
(CVE-2025-8194) and its extraction filters have been escaped more than once. This
reader knows files, folders and links that stay inside, in ustar, pax and GNU
dress; sparse files, devices and everything else are refused. It reads the archive
once, in constant memory.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final, NoReturn

from django.utils.translation import gettext as _

from packages.intake.bounds import (
    MEMBER_BYTES,
    RATIO,
    RATIO_FREE_BYTES,
    TAR_EXTENSION_BYTES,
    UNPACKED_BYTES,
)
from packages.intake.inflate import GZIP, inflate
from packages.intake.member_names import Tree, check_path, decode
from packages.refusals import InvalidFile, echo

_BLOCK: Final = 512
_OCTAL: Final = b"01234567"
_CHECKSUM = slice(148, 156)
_FILE, _FOLDER = frozenset({b"0", b"\0"}), b"5"
_HARD_LINK, _SYMLINK = b"1", b"2"
_PAX, _PAX_GLOBAL = b"x", b"g"
_GNU_NAME, _GNU_LINK = b"L", b"K"
_EXTENSIONS = frozenset({_PAX, _PAX_GLOBAL, _GNU_NAME, _GNU_LINK})
_MEMBERS = _FILE | {_FOLDER, _HARD_LINK, _SYMLINK}
#: The first byte of a number that is not octal digits but binary, big endian.
_BINARY_NUMBER = 0x80


@dataclass(frozen=True, slots=True)
class Header:
    """One header block, with what extended headers before it changed."""

    name: bytes
    kind: bytes
    size: int
    link: bytes


@dataclass(frozen=True, slots=True)
class Walked:
    """What was found: every file's name, and the contents that were asked for."""

    files: frozenset[str]
    top: str
    wanted: dict[str, bytes]


def walk(file: BinaryIO, wanted: str, most: int) -> Walked:
    """Check a .tar.gz and return the contents of `<top folder>/<wanted>`.

    Contents of more than `most` bytes are refused.
    """
    file.seek(0)
    stream = _Stream(file)
    tree = Tree()
    found: dict[str, bytes] = {}
    top = ""
    for header in _headers(stream):
        path = tree.add(decode(header.name), folder=header.kind == _FOLDER)
        top = top or path.partition("/")[0]
        _check_inside(header, path, top)
        if path == f"{top}/{wanted}" and header.kind in _FILE:
            _check_size(header.size, most, path)
            found[wanted] = stream.take(header.size)
        else:
            stream.skip(header.size)
        stream.pad(header.size)
    stream.finish()
    return Walked(tree.files, top, found)


def _headers(stream: "_Stream") -> Iterator[Header]:
    """Yield the members' headers up to the end mark, extensions applied."""
    extended: dict[str, bytes] = {}
    while True:
        block = stream.take(_BLOCK)
        if not any(block):
            if extended:
                _refuse(_("An extended header belongs to nothing."))
            return
        header = _parse(block)
        if header.kind in _EXTENSIONS:
            more = _extension(stream, header)
            if more.keys() & extended.keys():
                _refuse(_("An extended header says something twice."))
            extended |= more
            continue
        if extended:
            header = _extend(header, extended)
            extended = {}
        yield header


def _parse(block: bytes) -> Header:
    blank = block[:148] + b" " * 8 + block[156:]
    if _number(block[_CHECKSUM]) != sum(blank):
        _refuse(_("A header's checksum is wrong."))
    name = _text(block[0:100])
    if block[257:263] == b"ustar\0" and (prefix := _text(block[345:500])):
        name = prefix + b"/" + name
    kind = block[156:157]
    if kind not in _MEMBERS | _EXTENSIONS:
        _refuse(
            _("'%(name)s' is a device, a sparse file or of another kind not allowed.")
            % {"name": echo(name.decode("utf-8", "replace"))}
        )
    size = _number(block[124:136])
    if kind in {_FOLDER, _HARD_LINK, _SYMLINK} and size:
        _refuse(_("A folder or link has contents."))
    _check_size(size, MEMBER_BYTES, name.decode("utf-8", "replace"))
    return Header(name, kind, size, _text(block[157:257]))


def _extension(stream: "_Stream", header: Header) -> dict[str, bytes]:
    _check_size(header.size, TAR_EXTENSION_BYTES, "pax")
    body = stream.take(header.size)
    stream.pad(header.size)
    if header.kind == _GNU_NAME:
        return {"path": body.rstrip(b"\0")}
    if header.kind == _GNU_LINK:
        return {"linkpath": body.rstrip(b"\0")}
    records = _pax_records(body)
    if header.kind == _PAX_GLOBAL:
        # Only git's own comment is common here; a name for all makes no sense.
        if records.keys() & {"path", "linkpath", "size"}:
            _refuse(_("A global header describes a member."))
        return {}
    return records


def _pax_records(body: bytes) -> dict[str, bytes]:
    """Return pax records: length, space, key, "=", value and line feed."""
    records: dict[str, bytes] = {}
    at = 0
    while at < len(body):
        digits, space, _rest = body[at : at + 12].partition(b" ")
        length = int(digits) if digits.isdigit() else 0
        record = body[at : at + length]
        key, equals, value = record[len(digits) + 1 : -1].partition(b"=")
        if not (space and equals and len(record) == length and record[-1:] == b"\n"):
            _refuse(_("An extended header is malformed."))
        name = decode(key)
        if name.startswith("GNU.sparse"):
            _refuse(_("A sparse file is not allowed."))
        if name in records:
            _refuse(_("An extended header says something twice."))
        records[name] = value
        at += length
    return records


def _extend(header: Header, extended: dict[str, bytes]) -> Header:
    # uv says every size twice. Where the two differ, so would two readers.
    if extended.get("size", b"%d" % header.size) != b"%d" % header.size:
        _refuse(_("An extended header overrides the size of a file."))
    return Header(
        name=extended.get("path", header.name),
        kind=header.kind,
        size=header.size,
        link=extended.get("linkpath", header.link),
    )


def _check_inside(header: Header, path: str, top: str) -> None:
    if path.partition("/")[0] != top or (path == top and header.kind != _FOLDER):
        _refuse(_("It must hold one folder, with everything else inside."))
    if header.kind == _HARD_LINK:
        target = decode(header.link)
    elif header.kind == _SYMLINK:
        target = _symlink_target(path, decode(header.link))
    else:
        return
    check_path(target)
    if target.partition("/")[0] != top:
        _refuse(_("The link '%(name)s' leads out of it.") % {"name": echo(path)})


def _symlink_target(path: str, link: str) -> str:
    """Return where a symlink leads, from the top of the archive.

    Only the first parts may be "..": they climb through real folders. Behind
    another link a ".." would climb from wherever that one leads.
    """
    folders = path.split("/")[:-1]
    parts = link.removesuffix("/").split("/")
    while parts and parts[0] == ".." and folders:
        del folders[-1], parts[0]
    return "/".join([*folders, *(part for part in parts if part != ".")])


def _check_size(size: int, most: int, name: str) -> None:
    if size > most:
        _refuse(
            _("'%(name)s' is larger than %(most)d bytes.")
            % {"name": echo(name), "most": most}
        )


def _text(field: bytes) -> bytes:
    return field.partition(b"\0")[0]


def _number(field: bytes) -> int:
    """Return an octal or base-256 number, which must not be negative."""
    if field[0] == _BINARY_NUMBER:
        return int.from_bytes(field[1:])
    digits = field.strip(b" \0")
    if digits.translate(None, _OCTAL):
        _refuse(_("A header holds a number that is malformed or negative."))
    return int(digits or b"0", 8)


class _Stream:
    """The unpacked archive, read forward with exact counts."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._pieces = inflate(file.read, GZIP)
        self._buffer = b""
        self._at = 0
        self._total = 0

    def take(self, size: int) -> bytes:
        """Return exactly `size` bytes."""
        taken = bytearray()
        while len(taken) < size:
            taken += self._next(size - len(taken))
        return bytes(taken)

    def skip(self, size: int) -> None:
        """Pass over exactly `size` bytes."""
        while size:
            size -= len(self._next(size))

    def pad(self, size: int) -> None:
        """Pass over what fills a member of `size` bytes up to a whole block."""
        self.skip(-size % _BLOCK)

    def finish(self) -> None:
        """Refuse anything but zeros after the end mark."""
        while True:
            if self._buffer[self._at :].strip(b"\0"):
                _refuse(_("Something follows the end of the tar archive."))
            self._at = len(self._buffer)
            if not self._fill():
                return

    def _next(self, most: int) -> bytes:
        while self._at == len(self._buffer):
            if not self._fill():
                _refuse(_("The tar archive is cut short."))
        piece = self._buffer[self._at : self._at + most]
        self._at += len(piece)
        return piece

    def _fill(self) -> bool:
        piece = next(self._pieces, None)
        if piece is None:
            return False
        self._buffer, self._at = piece, 0
        self._total += len(piece)
        packed = self._file.tell()
        if self._total > UNPACKED_BYTES or (
            self._total > RATIO_FREE_BYTES and self._total > RATIO * packed
        ):
            _refuse(_("It unpacks to far more than it should (a tar bomb)."))
        return True


def _refuse(message: str) -> NoReturn:
    raise InvalidFile(message, code="bad-archive")
