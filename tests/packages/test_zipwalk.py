import io
import struct
import zipfile
import zlib
from collections.abc import Callable

import pytest

from packages.intake import zipwalk
from packages.refusals import UploadRefused
from tests.packages.builders import patched, zipped

pytestmark = pytest.mark.one_database

FILES = {"pkg/__init__.py": b"hello" * 50, "pkg/data.txt": b"data" * 50}
#: Where the fields of a header lie, from its start.
LOCAL_FLAGS, LOCAL_METHOD, LOCAL_CRC, LOCAL_SIZE = 6, 8, 14, 22
CENTRAL_FLAGS, CENTRAL_METHOD, CENTRAL_CRC, CENTRAL_SIZE = 8, 10, 16, 24
CENTRAL_COMMENT, CENTRAL_DISK, CENTRAL_ATTRIBUTES = 32, 34, 38
END_DISK, END_COUNT, END_OFFSET, END_COMMENT = 4, 10, 16, 20


def walk(data: bytes) -> dict[str, bytes]:
    """Walk an archive and return everything in it."""
    file = io.BytesIO(data)
    return {
        name: zipwalk.read(file, member, 10_000)
        for name, member in zipwalk.walk(file).items()
    }


def made(change: Callable[[zipfile.ZipFile], None], **options: bool) -> bytes:
    """Return what the standard library writes."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, **options) as archive:  # type: ignore[call-overload]
        change(archive)
    return file.getvalue()


def both(data: bytes, local: int, central: int, layout: str, value: int) -> bytes:
    """Change a field in the first local header and its central entry alike."""
    data = patched(data, local, layout, value)
    return patched(data, data.index(b"PK\x01\x02") + central, layout, value)


def end_of(data: bytes) -> int:
    return data.rindex(b"PK\x05\x06")


def central_of(data: bytes) -> int:
    return data.index(b"PK\x01\x02")


GOOD = zipped(FILES)


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_plain_archive_is_read(compression: int) -> None:
    assert walk(zipped(FILES, compression)) == FILES


def test_folders_and_empty_files_are_taken() -> None:
    contents = {"pkg/": b"", "pkg/a": b"", "pkg/sub/b": b"x"}
    assert walk(zipped(contents)) == {"pkg/a": b"", "pkg/sub/b": b"x"}


def test_zip64_sizes_in_local_headers_are_read() -> None:
    def change(archive: zipfile.ZipFile) -> None:
        with archive.open("big", "w", force_zip64=True) as member:
            member.write(b"x" * 1000)

    assert walk(made(change)) == {"big": b"x" * 1000}


def test_names_beyond_ascii_are_taken() -> None:
    assert walk(zipped({"pkg/été.txt": b"x"})) == {"pkg/été.txt": b"x"}


def test_output_that_fills_a_chunk_exactly_is_read() -> None:
    data = b"\0" * (64 * 1024 * 3)
    file = io.BytesIO(zipped({"a": data}))
    member = zipwalk.walk(file)["a"]
    assert zipwalk.read(file, member, len(data)) == data


def duplicate() -> bytes:
    data = zipped({"pkg/a1": b"1", "pkg/a2": b"2"})
    return data.replace(b"pkg/a2", b"pkg/a1")


def orphan() -> bytes:
    """Return an archive with a local entry that the directory does not list."""
    hidden = zipped({"pkg/evil.py": b"evil"})
    entry = hidden[: central_of(hidden)]
    data = entry + GOOD
    at = end_of(data)
    data = patched(data, at + END_OFFSET, "<L", central_of(data))
    for header in (0, 1):
        at = [i for i in range(len(data)) if data.startswith(b"PK\x01\x02", i)][header]
        (offset,) = struct.unpack_from("<L", data, at + 42)
        data = patched(data, at + 42, "<L", offset + len(entry))
    return data


def symlink() -> bytes:
    def change(archive: zipfile.ZipFile) -> None:
        info = zipfile.ZipInfo("pkg/link")
        info.create_system = 3
        info.external_attr = 0o120777 << 16
        archive.writestr(info, "/etc/passwd")

    return made(change)


def data_descriptor() -> bytes:
    class Unseekable(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def tell(self) -> int:
            raise io.UnsupportedOperation

    file = Unseekable()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("pkg/a", b"x" * 100)
    return file.getvalue()


def bomb() -> bytes:
    return zipped({f"pkg/{n}": bytes(20_000_000) for n in range(5)})


def lying_size() -> bytes:
    """Return an archive whose member unpacks to more than both headers say."""
    data = zipped({"pkg/a": b"x" * 5000})
    return both(data, LOCAL_SIZE, CENTRAL_SIZE, "<L", 10)


def trailing_deflate() -> bytes:
    """Return a member whose compressed bytes go on after their end."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(b"x") + packer.flush() + b"junk"
    data = zipped({"a": packed}, zipfile.ZIP_STORED)
    data = both(data, LOCAL_METHOD, CENTRAL_METHOD, "<H", 8)
    data = both(data, LOCAL_SIZE, CENTRAL_SIZE, "<L", 1)
    return both(data, LOCAL_CRC, CENTRAL_CRC, "<L", zlib.crc32(b"x"))


def with_extra(extra: bytes) -> bytes:
    def change(archive: zipfile.ZipFile) -> None:
        info = zipfile.ZipInfo("pkg/a")
        info.extra = extra
        archive.writestr(info, b"x")

    return made(change)


def comment_in_directory() -> bytes:
    def change(archive: zipfile.ZipFile) -> None:
        info = zipfile.ZipInfo("pkg/a")
        info.comment = b"hello"
        archive.writestr(info, b"x")

    return made(change)


def archive_comment() -> bytes:
    def change(archive: zipfile.ZipFile) -> None:
        archive.writestr("pkg/a", b"x")
        archive.comment = b"hello"

    return made(change)


def of_kind(compression: int) -> bytes:
    return zipped({"pkg/a": b"x" * 1000}, compression)


def named(name: str) -> bytes:
    return zipped({name: b"x"})


CASES: dict[str, bytes | Callable[[], bytes]] = {
    "empty": b"",
    "not an archive": b"hello",
    "no members": zipped({}),
    "prefix": b"#!/bin/sh\n" + GOOD,
    "suffix": GOOD + b"x",
    "zero suffix": GOOD + bytes(100),
    "two archives": GOOD + zipped({"other": b"x"}),
    "cut in the end record": GOOD[:-3],
    "cut before the end record": GOOD[:-22],
    "cut in the directory": GOOD[: central_of(GOOD) + 20],
    "cut in a member": GOOD[:60],
    "gap before the directory": GOOD[: central_of(GOOD)]
    + b"gap"
    + GOOD[central_of(GOOD) :],
    "duplicate name": duplicate,
    "orphan": orphan,
    "symlink": symlink,
    "data descriptor": data_descriptor,
    "bomb": bomb,
    "size too small": lying_size,
    "size too large": both(GOOD, LOCAL_SIZE, CENTRAL_SIZE, "<L", 10_000),
    "wrong checksum": both(GOOD, LOCAL_CRC, CENTRAL_CRC, "<L", 7),
    "bytes after the deflated end": trailing_deflate,
    "encrypted": both(GOOD, LOCAL_FLAGS, CENTRAL_FLAGS, "<H", 1),
    "strongly encrypted": both(GOOD, LOCAL_FLAGS, CENTRAL_FLAGS, "<H", 0x41),
    "bzip2": lambda: of_kind(zipfile.ZIP_BZIP2),
    "lzma": lambda: of_kind(zipfile.ZIP_LZMA),
    "stored with other sizes": both(
        zipped(FILES, zipfile.ZIP_STORED), LOCAL_SIZE, CENTRAL_SIZE, "<L", 3
    ),
    "other size in the directory": patched(
        GOOD, central_of(GOOD) + CENTRAL_SIZE, "<L", 3
    ),
    "other checksum in the directory": patched(
        GOOD, central_of(GOOD) + CENTRAL_CRC, "<L", 3
    ),
    "other method in the directory": patched(
        GOOD, central_of(GOOD) + CENTRAL_METHOD, "<H", 0
    ),
    "other name in the directory": GOOD[: central_of(GOOD)]
    + GOOD[central_of(GOOD) :].replace(b"data.txt", b"evil.txt"),
    "other disk": patched(GOOD, central_of(GOOD) + CENTRAL_DISK, "<H", 1),
    "offset of no header": patched(GOOD, central_of(GOOD) + 42, "<L", 5),
    "two entries for one header": lambda: patched(
        GOOD, GOOD.rindex(b"PK\x01\x02") + 42, "<L", 0
    ),
    "comment of a member": comment_in_directory,
    "comment of the archive": archive_comment,
    "wrong count": patched(GOOD, end_of(GOOD) + END_COUNT, "<H", 1),
    "wrong offset": patched(GOOD, end_of(GOOD) + END_OFFSET, "<L", 1),
    "many disks": patched(GOOD, end_of(GOOD) + END_DISK, "<H", 1),
    "ZIP64 sizes not called for": lambda: with_extra(struct.pack("<2H2Q", 1, 16, 1, 1)),
    "extra cut short": lambda: with_extra(struct.pack("<2H", 0x5455, 9)),
    "extra of one byte": lambda: with_extra(b"\0"),
    "second name": lambda: with_extra(struct.pack("<2H", 0x7075, 4) + b"evil"),
    "parent folder": named("../evil"),
    "parent folder inside": named("pkg/../../evil"),
    "absolute": named("/etc/passwd"),
    "backslash": named("pkg\\evil"),
    "drive": named("C:/evil"),
    "dot": named("./pkg/a"),
    "empty part": named("pkg//a"),
    "control character": named("pkg/a\x1b[31m"),
    "line feed": named("pkg/a\nb"),
    "right to left": named("pkg/\u202egnp.py"),
    "NUL in a name": named("pkg/aXb").replace(b"aXb", b"a\0b"),
    "not UTF-8": named("pkg/aXXb").replace(b"aXXb", b"a\xff\xfeb"),
    "not marked as UTF-8": named("pkg/aXXb").replace(b"aXXb", "aéb".encode()),
    "long name": named("a" * 2000),
    "deep name": named("a/" * 100 + "a"),
    "file and folder": zipped({"a": b"x", "a/b": b"x"}),
    "folder and file": zipped({"a/b": b"x", "a": b"x"}),
    "folder with contents": lambda: made(lambda z: z.writestr("a/", b"x")),
}


@pytest.mark.parametrize("case", CASES)
def test_bad_archive_is_refused(case: str) -> None:
    data = CASES[case]
    with pytest.raises(UploadRefused) as refusal:
        walk(data if isinstance(data, bytes) else data())
    assert refusal.value.message.startswith("Invalid distribution file. ")
    assert refusal.value.message.isprintable()


def test_large_member_is_not_read() -> None:
    file = io.BytesIO(zipped({"a": b"x" * 100}))
    member = zipwalk.walk(file)["a"]
    with pytest.raises(UploadRefused, match="larger than 99"):
        zipwalk.read(file, member, 99)


@pytest.mark.parametrize("seed", range(4))
def test_no_damage_is_more_than_a_refusal(seed: int) -> None:
    for at in range(seed, len(GOOD), 4):
        damaged = bytearray(GOOD)
        damaged[at] ^= 0xFF
        try:
            walk(bytes(damaged))
        except UploadRefused:
            continue
