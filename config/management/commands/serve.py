"""``manage.py serve``: migrations, web server and worker on one machine."""

import socket
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.supervisor import Supervisor
from packages.index.projection import ensure_current
from packages.storage import sweep

#: Method, path without its query (links hold tokens), status, size, time.
_MANAGE = settings.ROOT / "manage.py"
_ACCESS_LOG = '%(h)s "%(m)s %(U)s" %(s)s %(B)s %(M)sms'


class Command(BaseCommand):
    """Serve the index until SIGTERM."""

    help = "Run migrations, the web server and the background worker."

    def add_arguments(self, parser: CommandParser) -> None:
        """Offer the server that reloads changed source."""
        parser.add_argument(
            "--reload",
            action="store_true",
            help="Reload changed source: Django's own server, for development only.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Prepare, start both processes, wait."""
        if options["reload"] and not settings.DEVELOPMENT:
            message = "--reload is for GATEHOUSE_ENV=development."
            raise CommandError(message)
        self._prepare()
        supervisor = Supervisor()
        supervisor.start([sys.executable, str(_MANAGE), "worker"])
        supervisor.start(_runserver() if options["reload"] else _gunicorn())
        sys.exit(supervisor.run(is_ready=_answers, when_ready=self._greet))

    def _greet(self) -> None:
        self.stdout.write(_greeting())
        self.stdout.flush()

    def _prepare(self) -> None:
        settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
        call_command("migrate", verbosity=0, interactive=False)
        call_command("collectstatic", verbosity=0, interactive=False)
        sweep()
        ensure_current()


def _runserver() -> list[str]:
    return [sys.executable, str(_MANAGE), "runserver", settings.BIND[0]]


def _gunicorn() -> list[str]:
    binds = [option for bind in settings.BIND for option in ("--bind", bind)]
    return [
        sys.executable,
        "-m",
        "gunicorn",
        "config.wsgi:application",
        *binds,
        "--worker-class",
        "config.web_worker.WebWorker",
        "--workers",
        str(settings.WORKERS),
        "--threads",
        str(settings.THREADS),
        # A client's keep-alive connection outlives its pause between requests.
        "--keep-alive",
        "15",
        "--graceful-timeout",
        "25",
        "--chdir",
        str(settings.ROOT),
        *_heartbeat_folder(),
        # config.proxy decides whose word on the client counts; gunicorn's own
        # trust in the loopback would let any local program pretend.
        "--forwarded-allow-ips",
        "",
        "--access-logfile",
        "-" if settings.ACCESS_LOG else "/dev/null",
        "--access-logformat",
        _ACCESS_LOG,
        "--log-level",
        "warning",
        "--no-control-socket",
    ]


def _heartbeat_folder() -> list[str]:
    """Keep the workers' heartbeat in memory: a full disk must not kill them."""
    in_memory = Path("/dev/shm")  # noqa: S108 - a folder, nothing is guessed in it
    return ["--worker-tmp-dir", str(in_memory)] if in_memory.is_dir() else []


def _answers() -> bool:
    """Return whether the web server takes connections."""
    address, _colon, port = settings.BIND[0].rpartition(":")
    if address.startswith("unix"):
        return True
    try:
        socket.create_connection((address.strip("[]"), int(port)), 1).close()
    except OSError:
        return False
    return True


def _greeting() -> str:
    lines = ["", f"{settings.SITE_NAME} is at {settings.BASE_URL}"]
    if settings.DEVELOPMENT:
        lines += [
            f"Mail it sends can be read at {settings.BASE_URL}/dev/mail/",
            "To become the administrator: register, then in another terminal run",
            "  make appoint NAME=your-username",
        ]
    return "\n".join([*lines, ""])
