"""Wheels, sdists and upload forms, made in memory.

Everything is right unless a test says otherwise: each maker takes what is to be
different.
"""

import base64
import hashlib
import io
import secrets
import struct
import tarfile
import zipfile
import zlib
from dataclasses import dataclass, field, replace
from typing import Any

from django.http import HttpResponse
from django.test import Client

from accounts.models import User
from tests.factories import PASSWORD

DESCRIPTION = "# Demo\n\nSays *hello*.\n"


@dataclass(frozen=True, slots=True)
class Built:
    """A distribution file and what its form says of it."""

    filename: str
    data: bytes
    name: str
    version: str
    filetype: str
    pyversion: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()

    @property
    def blake2b(self) -> str:
        return hashlib.blake2b(self.data, digest_size=32).hexdigest()

    @property
    def path(self) -> str:
        digest = self.blake2b
        return f"{digest[:2]}/{digest[2:4]}/{digest[4:]}/{self.filename}"

    def renamed(self, filename: str) -> "Built":
        return replace(self, filename=filename)

    def with_data(self, data: bytes) -> "Built":
        return replace(self, data=data)


def unused_name() -> str:
    """Return a project name nobody has."""
    return f"demo-{secrets.token_hex(6).replace('0', 'a').replace('1', 'b')}"


def metadata(
    name: str, version: str = "1.0", *, extra: str = "", body: str = DESCRIPTION
) -> bytes:
    """Return METADATA; ``extra`` is more header lines."""
    lines = [
        "Metadata-Version: 2.4",
        f"Name: {name}",
        f"Version: {version}",
        "Summary: A demo",
        "Requires-Python: >=3.9",
        "Description-Content-Type: text/markdown",
        *extra.splitlines(),
    ]
    return ("\n".join(lines) + "\n\n" + body).encode()


def wheel(
    name: str,
    version: str = "1.0",
    *,
    about: bytes | None = None,
    files: dict[str, bytes] | None = None,
    tag: str = "py3-none-any",
    salt: str = "",
    record: str | None = None,
    leave_out: str = "",
) -> Built:
    """Return a wheel; ``salt`` makes its bytes differ, ``leave_out`` drops a file."""
    module = name.replace("-", "_").replace(".", "_").lower()
    info = f"{module}-{version}.dist-info"
    contents = {
        f"{module}/__init__.py": f"GREETING = 'hello {salt}'\n".encode(),
        **(files or {}),
        f"{info}/METADATA": metadata(name, version) if about is None else about,
        f"{info}/WHEEL": (
            f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n".encode()
        ),
    }
    if record is None:
        record = "".join(f"{path},{_hashed(data)}\n" for path, data in contents.items())
        record += f"{info}/RECORD,,\n"
    contents[f"{info}/RECORD"] = record.encode()
    contents.pop(f"{info}/{leave_out}", None)
    filename = f"{module}-{version}-{tag}.whl"
    python = tag.partition("-")[0]
    return Built(filename, zipped(contents), name, version, "bdist_wheel", python)


def sdist(
    name: str,
    version: str = "1.0",
    *,
    about: bytes | None = None,
    files: dict[str, bytes] | None = None,
    salt: str = "",
    top: str | None = None,
) -> Built:
    """Return a source distribution as PEP 625 names it."""
    stem = f"{name.replace('-', '_').replace('.', '_').lower()}-{version}"
    folder = stem if top is None else top
    contents = {
        f"{folder}/PKG-INFO": metadata(name, version) if about is None else about,
        f"{folder}/pyproject.toml": f"# {salt}\n[build-system]\n".encode(),
        **(files or {}),
    }
    data = tarred([member(path, data) for path, data in contents.items()])
    return Built(f"{stem}.tar.gz", data, name, version, "sdist", "source")


def zipped(
    contents: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED
) -> bytes:
    """Return a ZIP archive of ``contents``."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for path, data in contents.items():
            info = zipfile.ZipInfo(path, (2020, 1, 1, 0, 0, 0))
            info.external_attr = (0o40755 if path.endswith("/") else 0o100644) << 16
            info.compress_type = compression
            archive.writestr(info, data)
    return file.getvalue()


type Member = tuple[tarfile.TarInfo, bytes]


def member(
    path: str, data: bytes = b"", *, kind: bytes = tarfile.REGTYPE, link: str = ""
) -> Member:
    """Return one member of a tar archive."""
    info = tarfile.TarInfo(path)
    info.size = len(data)
    info.type = kind
    info.linkname = link
    return info, data


def tarred(members: list[Member], style: int = tarfile.PAX_FORMAT) -> bytes:
    """Return a .tar.gz of ``members``."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz", format=style) as archive:
        for info, data in members:
            archive.addfile(info, io.BytesIO(data))
    return file.getvalue()


def raw_tar(*blocks: bytes) -> bytes:
    """Return a .tar.gz of blocks as they are, with the end mark."""
    return gzipped(b"".join(blocks) + bytes(1024))


def gzipped(data: bytes) -> bytes:
    """Return one gzip member."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


def raw_header(
    name: bytes,
    *,
    size: bytes = b"00000000000\0",
    kind: bytes = b"0",
    link: bytes = b"",
    magic: bytes = b"ustar\x0000",
) -> bytes:
    """Return a tar header block with a right checksum, whatever its fields say."""
    block = bytearray(512)
    block[0 : len(name)] = name
    block[100:108] = b"0000644\0"
    block[124 : 124 + len(size)] = size
    block[148:156] = b" " * 8
    block[156:157] = kind
    block[157 : 157 + len(link)] = link
    block[257 : 257 + len(magic)] = magic
    block[148:156] = f"{sum(block):06o}\0 ".encode()
    return bytes(block)


def patched(data: bytes, at: int, layout: str, value: int) -> bytes:
    """Return ``data`` with one number in it replaced."""
    changed = bytearray(data)
    struct.pack_into(layout, changed, at, value)
    return bytes(changed)


@dataclass(slots=True)
class Form:
    """A multipart form as a client would send it."""

    boundary: str = "0123456789abcdef"
    parts: list[bytes] = field(default_factory=list)

    def text(self, name: str, value: str | bytes) -> "Form":
        return self.part(f'form-data; name="{name}"', value)

    def file(self, name: str, filename: str, data: bytes) -> "Form":
        disposition = f'form-data; name="{name}"; filename="{filename}"'
        return self.part(disposition, data, b"application/octet-stream")

    def part(
        self,
        disposition: str,
        value: str | bytes,
        content_type: bytes = b"",
        headers: bytes = b"",
    ) -> "Form":
        head = b"Content-Disposition: " + disposition.encode() + b"\r\n" + headers
        if content_type:
            head += b"Content-Type: " + content_type + b"\r\n"
        raw = value.encode() if isinstance(value, str) else value
        self.parts.append(head + b"\r\n" + raw)
        return self

    @property
    def content_type(self) -> str:
        return f"multipart/form-data; boundary={self.boundary}"

    @property
    def body(self) -> bytes:
        mark = b"--" + self.boundary.encode()
        start = b"".join(mark + b"\r\n" + part + b"\r\n" for part in self.parts)
        return start + mark + b"--\r\n"


def form_for(built: Built, **changes: str | None) -> Form:
    """Return the form of a file; a change to None leaves a field out."""
    fields: dict[str, str | None] = {
        ":action": "file_upload",
        "protocol_version": "1",
        "metadata_version": "2.4",
        "name": built.name,
        "version": built.version,
        "filetype": built.filetype,
        "pyversion": built.pyversion,
        "sha256_digest": built.sha256,
        "blake2_256_digest": built.blake2b,
        **changes,
    }
    form = Form()
    for name, value in fields.items():
        if value is not None:
            form.text(
                name.replace("action", ":action") if name == "action" else name, value
            )
    return form.file("content", built.filename, built.data)


def basic(name: str, password: str = PASSWORD, encoding: str = "utf-8") -> str:
    """Return an Authorization header."""
    return "Basic " + base64.b64encode(f"{name}:{password}".encode(encoding)).decode()


def post(
    form: Form, user: User | str, password: str = PASSWORD, **extra: Any
) -> HttpResponse:
    """Send a form to the upload address as ``user``."""
    name = user if isinstance(user, str) else user.username
    extra.setdefault("HTTP_AUTHORIZATION", basic(name, password))
    path = extra.pop("path", "/legacy/")
    extra.setdefault("content_type", form.content_type)
    client = Client(raise_request_exception=True)
    response: Any = client.post(path, data=form.body, **extra)
    assert isinstance(response, HttpResponse)
    return response


def upload(
    built: Built, user: User | str, password: str = PASSWORD, **changes: str | None
) -> HttpResponse:
    """Send a file as ``user``; ``changes`` are other values of form fields."""
    return post(form_for(built, **changes), user, password)


def _hashed(data: bytes) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=")
    return f"sha256={digest.decode()},{len(data)}"
