import bz2
import gzip
import io
import tarfile
from collections.abc import Callable

import pytest

from packages.intake import tarwalk
from packages.intake.tarwalk import Walked
from packages.refusals import UploadRefused
from tests.packages.builders import (
    gzipped,
    member,
    raw_header,
    raw_tar,
    tarred,
    zipped,
)

pytestmark = pytest.mark.one_database

INFO = member("demo-1.0/PKG-INFO", b"Name: demo\n")
TREE = [INFO, member("demo-1.0/pkg/a.py", b"x" * 5000)]
GOOD = tarred(TREE)


def walk(data: bytes) -> Walked:
    return tarwalk.walk(io.BytesIO(data), "PKG-INFO", 10_000)


@pytest.mark.parametrize(
    "style", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]
)
def test_archive_in_each_dress_is_read(style: int) -> None:
    long = "demo-1.0/" + "/".join(["folder" * 5] * 7) + "/file.py"
    members = [
        member("demo-1.0", kind=tarfile.DIRTYPE),
        *TREE,
        *([] if style == tarfile.USTAR_FORMAT else [member(long, b"long")]),
        member("demo-1.0/a/" + "b" * 90 + "/" + "c" * 90, b"prefix"),
    ]
    walked = walk(tarred(members, style))
    assert walked.top == "demo-1.0"
    assert walked.wanted == {"PKG-INFO": b"Name: demo\n"}
    assert {"demo-1.0/PKG-INFO", "demo-1.0/pkg/a.py"} < walked.files


def test_names_and_times_in_extended_headers_are_read() -> None:
    info, data = member("demo-1.0/été.txt", b"x")
    info.mtime = 1.5
    assert "demo-1.0/été.txt" in walk(tarred([INFO, (info, data)])).files


@pytest.mark.parametrize(
    ("path", "kind", "link"),
    [
        ("demo-1.0/b", tarfile.SYMTYPE, "PKG-INFO"),
        ("demo-1.0/pkg/b", tarfile.SYMTYPE, "../PKG-INFO"),
        ("demo-1.0/pkg/b", tarfile.SYMTYPE, "./a.py"),
        ("demo-1.0/pkg/sub", tarfile.SYMTYPE, "../pkg/"),
        ("demo-1.0/b", tarfile.LNKTYPE, "demo-1.0/PKG-INFO"),
    ],
)
def test_links_that_stay_inside_are_taken(path: str, kind: bytes, link: str) -> None:
    assert path in walk(tarred([*TREE, member(path, kind=kind, link=link)])).files


def test_a_size_said_again_in_an_extended_header_is_taken() -> None:
    body = b"10 size=3\n"
    data = raw_tar(
        raw_header(b"pax", kind=b"x", size=b"00000000012\0"),
        body + bytes(512 - len(body)),
        raw_header(b"demo-1.0/a", size=b"00000000003\0"),
        b"abc" + bytes(509),
    )
    assert walk(data).files == {"demo-1.0/a"}


def test_padding_after_the_end_is_taken() -> None:
    assert walk(raw_tar(raw_header(b"demo-1.0/a"), bytes(512 * 30))).top == "demo-1.0"


def extra(path: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> bytes:
    return tarred([*TREE, member(path, kind=kind, link=link)])


def pax(body: bytes, kind: bytes = b"x") -> bytes:
    size = f"{len(body):011o}\0".encode()
    return raw_tar(
        raw_header(b"pax", kind=kind, size=size),
        body + bytes(-len(body) % 512),
        raw_header(b"demo-1.0/a"),
    )


def through(link: str) -> bytes:
    """Return an archive with a file below a link."""
    return tarred(
        [
            *TREE,
            member("demo-1.0/out", kind=tarfile.SYMTYPE, link=link),
            member("demo-1.0/out/evil", b"x"),
        ]
    )


def sized(size: bytes) -> bytes:
    return raw_tar(raw_header(b"demo-1.0/a", size=size))


CASES: dict[str, bytes | Callable[[], bytes]] = {
    "empty": b"",
    "not gzip": b"hello",
    "plain tar": lambda: gzip.decompress(GOOD),
    "gzip of nothing": gzipped(b""),
    "gzip of text": gzipped(b"hello" * 200),
    "bzip2": bz2.compress(b"hello"),
    "cut in gzip": GOOD[:-20],
    "wrong gzip checksum": GOOD[:-8] + b"\0\0\0\0" + GOOD[-4:],
    "bytes after gzip": GOOD + b"x",
    "zeros after gzip": GOOD + bytes(10),
    "second gzip member": GOOD + gzipped(b"x"),
    "ZIP appended": GOOD + zipped({"a": b"x"}),
    "no end mark": gzipped(raw_header(b"demo-1.0/a")),
    "cut in a member": gzipped(raw_header(b"demo-1.0/a", size=b"00000010000\0")),
    "something after the end": lambda: gzipped(
        raw_header(b"demo-1.0/a") + bytes(1024) + b"evil"
    ),
    "second archive after the end": lambda: gzipped(
        (raw_header(b"demo-1.0/a") + bytes(1024)) * 2
    ),
    "wrong header checksum": raw_tar(
        raw_header(b"demo-1.0/a").replace(b"demo", b"evil")
    ),
    # CVE-2025-8194: the standard library of 3.13.0 reads it for ever.
    "negative size": sized(b"\xff" * 10 + b"\xfe\x00"),
    "negative octal size": sized(b"-0000000512\0"),
    "huge binary size": sized(b"\x80" + b"\xff" * 11),
    "huge octal size": sized(b"77777777777\0"),
    "size of letters": sized(b"abcdefghijk\0"),
    "absolute": extra("/etc/passwd"),
    "parent folder": extra("../evil"),
    "parent folder inside": extra("demo-1.0/../../evil"),
    "backslash": extra("demo-1.0/..\\evil"),
    "dot": extra("./demo-1.0/a"),
    "empty part": extra("demo-1.0//a"),
    "control character": extra("demo-1.0/a\x07"),
    "not UTF-8": raw_tar(raw_header(b"demo-1.0/\xff")),
    "empty name": raw_tar(raw_header(b"")),
    "second top folder": extra("other-1.0/a"),
    "file at the top": extra("README"),
    "top that is a file": raw_tar(raw_header(b"demo-1.0")),
    "top that is a link": lambda: tarred(
        [member("demo-1.0", kind=tarfile.SYMTYPE, link="/etc")]
    ),
    "duplicate": extra("demo-1.0/PKG-INFO"),
    "file and folder": extra("demo-1.0/PKG-INFO/a"),
    "character device": extra("demo-1.0/tty", tarfile.CHRTYPE),
    "block device": extra("demo-1.0/sda", tarfile.BLKTYPE),
    "pipe": extra("demo-1.0/pipe", tarfile.FIFOTYPE),
    "GNU sparse": extra("demo-1.0/hole", tarfile.GNUTYPE_SPARSE),
    "contiguous": extra("demo-1.0/whole", tarfile.CONTTYPE),
    "volume label": raw_tar(raw_header(b"demo-1.0", kind=b"V")),
    "unknown kind": raw_tar(raw_header(b"demo-1.0/a", kind=b"Z")),
    "folder with contents": raw_tar(
        raw_header(b"demo-1.0/a/", kind=b"5", size=b"00000001000\0"), bytes(512)
    ),
    "absolute symlink": extra("demo-1.0/a", tarfile.SYMTYPE, "/etc/passwd"),
    "symlink that leaves": extra("demo-1.0/a", tarfile.SYMTYPE, "../../etc"),
    "symlink to beside the top": extra("demo-1.0/a", tarfile.SYMTYPE, ".."),
    # The ".." climbs from wherever the first link leads.
    "symlink through a symlink": lambda: tarred(
        [
            *TREE,
            member("demo-1.0/pkg/s", kind=tarfile.SYMTYPE, link=".."),
            member("demo-1.0/t", kind=tarfile.SYMTYPE, link="pkg/s/.."),
        ]
    ),
    "empty symlink": extra("demo-1.0/a", tarfile.SYMTYPE, ""),
    "absolute hard link": extra("demo-1.0/a", tarfile.LNKTYPE, "/etc/passwd"),
    "hard link that leaves": extra("demo-1.0/a", tarfile.LNKTYPE, "demo-1.0/../../a"),
    "hard link to elsewhere": extra("demo-1.0/a", tarfile.LNKTYPE, "other/a"),
    "file below a symlink": lambda: through("pkg"),
    "file below an outward symlink": lambda: through("/tmp"),
    "pax without length": pax(b"path=demo-1.0/b\n"),
    "pax with a wrong length": pax(b"99 path=demo-1.0/b\n"),
    "pax of zero length": pax(b"0 path=demo-1.0/b\n"),
    "pax without equals sign": pax(b"9 path x\n"),
    "pax without line feed": pax(b"10 path=a/"),
    "pax said twice": pax(b"9 path=a\n9 path=b\n"),
    "pax size": pax(b"12 size=100\n"),
    "pax size padded": pax(b"11 size=00\n"),
    "pax size for all": pax(b"9 size=0\n", kind=b"g"),
    "pax sparse": pax(b"22 GNU.sparse.major=1\n"),
    "pax path that leaves": pax(b"11 path=../\n"),
    "pax name for all": pax(b"9 path=a\n", kind=b"g"),
    "huge pax": raw_tar(raw_header(b"pax", kind=b"x", size=b"00001000000\0")),
    "GNU name that leaves": lambda: raw_tar(
        raw_header(b"././@LongLink", kind=b"L", size=b"00000000010\0"),
        b"../evil\0" + bytes(504),
        raw_header(b"demo-1.0/a"),
    ),
    "GNU link that leaves": lambda: raw_tar(
        raw_header(b"././@LongLink", kind=b"K", size=b"00000000010\0"),
        b"/etc/ab\0" + bytes(504),
        raw_header(b"demo-1.0/a", kind=b"2"),
    ),
    "bomb": lambda: tarred([*TREE, member("demo-1.0/zeros", bytes(100_000_000))]),
    "bomb after the end": lambda: gzipped(
        raw_header(b"demo-1.0/a") + bytes(100_000_000)
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_bad_archive_is_refused(case: str) -> None:
    data = CASES[case]
    with pytest.raises(UploadRefused) as refusal:
        walk(data if isinstance(data, bytes) else data())
    assert refusal.value.message.startswith("Invalid distribution file. ")
    assert refusal.value.message.isprintable()


def test_extended_header_of_nothing_is_refused() -> None:
    body = b"9 path=a\n"
    header = raw_header(b"pax", kind=b"x", size=b"00000000011\0")
    with pytest.raises(UploadRefused, match="belongs to nothing"):
        walk(raw_tar(raw_header(b"demo-1.0/a"), header, body + bytes(503)))


def test_two_extended_headers_may_not_contradict() -> None:
    size = b"00000000011\0"
    header = raw_header(b"pax", kind=b"x", size=size)
    bodies = [b"9 path=a\n" + bytes(503), b"9 path=b\n" + bytes(503)]
    blocks = [header, bodies[0], header, bodies[1]]
    with pytest.raises(UploadRefused, match="says something twice"):
        walk(raw_tar(*blocks, raw_header(b"demo-1.0/a")))


def test_large_metadata_is_not_read() -> None:
    with pytest.raises(UploadRefused, match="larger than 10000"):
        walk(tarred([member("demo-1.0/PKG-INFO", b"x" * 10_001)]))


def test_too_many_members_are_refused() -> None:
    data = b"".join(raw_header(b"demo-1.0/%d" % n) for n in range(50_001))
    with pytest.raises(UploadRefused, match="more than 50000"):
        walk(raw_tar(data))


@pytest.mark.parametrize("seed", range(4))
def test_no_damage_is_more_than_a_refusal(seed: int) -> None:
    plain = gzip.decompress(GOOD)[:2048] + bytes(1024)
    for at in range(seed, 2048, 4):
        damaged = bytearray(plain)
        damaged[at] ^= 0xFF
        try:
            walk(gzipped(bytes(damaged)))
        except UploadRefused:
            continue
