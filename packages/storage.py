"""Files in a folder: written once, durable before anybody is told, never changed.

An upload arrives in a temporary file of `UPLOAD_DIR`, which lies on the same file
system as `FILES_DIR`. Publishing renames it to a path made of its own digest, so
equal bytes have one place. `place` returns after file, sidecar and folders are
fsynced. Who places or removes holds the digest's lock from before the rename
until its transaction has ended, so that one upload's cleaning up cannot take the
file of another that carries the same bytes.

A temporary file stays flocked while its upload lives; whatever is not locked was
left by a process that died and is swept.
"""

import contextlib
import fcntl
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Self

from django.conf import settings

from packages.intake.digests import Digests

METADATA_SUFFIX = ".metadata"
_LOCK_FOLDER = "locks"
_FOLDER_MODE = 0o755
_FILE_MODE = 0o644


class Incoming:
    """A temporary file that takes an upload, gone at the end unless published."""

    def __init__(self) -> None:
        """Make an empty file that only this upload can see."""
        folder = settings.UPLOAD_DIR
        folder.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=folder, prefix="upload-")
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        self.path = Path(name)
        self.file: BinaryIO = os.fdopen(descriptor, "w+b")

    def __enter__(self) -> Self:
        """Offer the file."""
        return self

    def __exit__(self, *_fault: object) -> None:
        """Remove the file, however the upload ended."""
        with contextlib.suppress(OSError):
            self.path.unlink(missing_ok=True)
        # Closing flushes what a full disk could not take; it is discarded anyway.
        with contextlib.suppress(OSError):
            self.file.close()

    def write(self, piece: bytes) -> None:
        """Append to the file."""
        self.file.write(piece)


def path_of(digests: Digests, filename: str) -> str:
    """Return where a file lies, relative to `FILES_DIR`; its URL ends the same."""
    digest = digests.blake2b_256
    return f"{digest[:2]}/{digest[2:4]}/{digest[4:]}/{filename}"


def place(incoming: Incoming, path: str, sidecar: bytes | None) -> None:
    """Make the upload and its metadata durable at `path`; call it under `lock`."""
    target = settings.FILES_DIR / path
    made = _make_folders(target.parent)
    incoming.file.flush()
    os.fchmod(incoming.file.fileno(), _FILE_MODE)
    os.fsync(incoming.file.fileno())
    if sidecar is not None:
        with Incoming() as beside:
            beside.write(sidecar)
            beside.file.flush()
            os.fchmod(beside.file.fileno(), _FILE_MODE)
            os.fsync(beside.file.fileno())
            beside.path.replace(_sidecar_of(target))
    incoming.path.replace(target)
    for folder in made:
        _sync_folder(folder)


def remove(path: str) -> None:
    """Remove a placed file that no row owns; call it under `lock`."""
    target = settings.FILES_DIR / path
    target.unlink(missing_ok=True)
    _sidecar_of(target).unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        target.parent.rmdir()


@contextlib.contextmanager
def lock(digests: Digests) -> Iterator[None]:
    """Hold the lock of a digest, across processes; never take it in a transaction.

    256 files serve all digests: two different uploads meet in one now and then
    and wait for each other's short transaction.
    """
    folder = settings.UPLOAD_DIR / _LOCK_FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / digests.blake2b_256[:2]).open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def sweep() -> int:
    """Remove what uploads of dead processes left, and return how many files."""
    swept = 0
    for path in settings.UPLOAD_DIR.glob("upload-*"):
        with contextlib.suppress(OSError), path.open("ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()
            swept += 1
    return swept


def _sidecar_of(target: Path) -> Path:
    return target.with_name(target.name + METADATA_SUFFIX)


def _make_folders(folder: Path) -> list[Path]:
    """Make a folder and return every folder whose entries changed or will."""
    changed = [folder]
    while not folder.exists():
        folder = folder.parent
        changed.append(folder)
    for missing in reversed(changed[:-1]):
        missing.mkdir(mode=_FOLDER_MODE, exist_ok=True)
    return changed


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
