import os
import subprocess
import sys
from pathlib import Path

import pytest
from pytest_django import Settings

from packages import storage
from packages.intake.digests import Digester, Digests


def digests(data: bytes) -> Digests:
    digester = Digester()
    digester.update(data)
    return digester.result()


def test_file_is_placed_by_its_digest(settings: Settings) -> None:
    found = digests(b"data")
    path = storage.path_of(found, "a.whl")
    with storage.Incoming() as incoming, storage.lock(found):
        incoming.write(b"data")
        storage.place(incoming, path, b"about")
    target = Path(settings.FILES_DIR) / path
    assert target.read_bytes() == b"data"
    assert target.with_name("a.whl.metadata").read_bytes() == b"about"
    assert target.stat().st_mode & 0o777 == 0o644
    assert "/".join(target.parts[-4:-1]).replace("/", "") == found.blake2b_256
    assert [p.name for p in Path(settings.UPLOAD_DIR).iterdir()] == ["locks"]


def test_placing_again_and_removing(settings: Settings) -> None:
    found = digests(b"data")
    path = storage.path_of(found, "a.whl")
    for _ in range(2):
        with storage.Incoming() as incoming:
            incoming.write(b"data")
            storage.place(incoming, path, None)
    storage.remove(path)
    storage.remove(path)
    assert not [p for p in Path(settings.FILES_DIR).rglob("*") if p.is_file()]


def test_everything_is_synced_before_it_is_told(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def synced(descriptor: int) -> None:
        kind = "folder" if os.path.isdir(f"/proc/self/fd/{descriptor}") else "file"  # noqa: PTH112 - a link of the kernel's
        steps.append(f"sync {kind}")
        fsync(descriptor)

    def renamed(path: Path, target: Path) -> Path:
        steps.append(f"rename {target.suffix}")
        return replace(path, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "replace", renamed)
    with storage.Incoming() as incoming:
        incoming.write(b"data")
        storage.place(incoming, storage.path_of(digests(b"data"), "a.whl"), b"about")
    assert steps[:4] == ["sync file", "sync file", "rename .metadata", "rename .whl"]
    # The new folders and the one that holds them.
    assert steps[4:] == ["sync folder"] * 4


def test_incoming_file_goes_away_on_any_end(settings: Settings) -> None:
    def interrupted() -> None:
        with storage.Incoming() as incoming:
            incoming.write(b"data")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert not list(Path(settings.UPLOAD_DIR).iterdir())


def test_sweep_takes_what_dead_processes_left(settings: Settings) -> None:
    left = Path(settings.UPLOAD_DIR) / "upload-dead"
    left.write_bytes(b"half")
    with storage.Incoming() as living:
        assert storage.sweep() == 1
        assert living.path.exists()
    assert not left.exists()


def test_file_of_a_killed_process_is_swept(settings: Settings) -> None:
    script = (
        "import os, tempfile, fcntl, signal\n"
        f"folder = {str(settings.UPLOAD_DIR)!r}\n"
        "fd, _ = tempfile.mkstemp(dir=folder, prefix='upload-')\n"
        "fcntl.flock(fd, fcntl.LOCK_EX)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", script], check=False)
    assert len(list(Path(settings.UPLOAD_DIR).glob("upload-*"))) == 1
    assert storage.sweep() == 1
