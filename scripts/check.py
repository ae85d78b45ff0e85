"""Check the whole program: ``make test``. Names of checks as arguments run only those.

Every check runs even when one before it failed, so that one run tells everything.
The last line says how many tests and checks passed and failed.
"""

import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "test-results"
BIN = Path(sys.executable).parent
#: A production instance of nobody's: what ``check --deploy`` judges.
PRODUCTION = {
    "DATABASE_URL": "postgresql://gatehouse@127.0.0.1/gatehouse",
    "GATEHOUSE_ALLOWED_HOSTS": "packages.example.com",
    "GATEHOUSE_BASE_URL": "https://packages.example.com",
    "GATEHOUSE_EMAIL_URL": "smtp+tls://mail.example.com:587",
    "GATEHOUSE_ENV": "production",
    "GATEHOUSE_SEALING_KEYS": secrets.token_urlsafe(48),
    "GATEHOUSE_SECRET_KEY": secrets.token_urlsafe(48),
}


@dataclass(slots=True)
class Tally:
    """How many passed, failed and were left out."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def add(self, other: "Tally") -> None:
        """Count another tally in."""
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped

    def __str__(self) -> str:
        skipped = f", {self.skipped} skipped" if self.skipped else ""
        return f"{self.passed} passed, {self.failed} failed{skipped}"


def main(names: list[str]) -> int:
    """Run the checks called ``names``, or all of them, and print what came out."""
    RESULTS.mkdir(exist_ok=True)
    total = Tally()
    lines = []
    failures: list[str] = []
    for name in names or list(CHECKS):
        print(f"\n=== {name}", flush=True)
        started = time.monotonic()
        tally = CHECKS[name]()
        total.add(tally)
        took = time.monotonic() - started
        lines.append(f"  {'FAILED' if tally.failed else 'ok':7}{name:12}{took:6.1f} s")
        failures += [f"  {name}: {test}" for test in _failed(RESULTS / f"{name}.xml")]
    print("\n" + "\n".join([*lines, *failures]))
    print(total)
    return 1 if total.failed else 0


def lint() -> Tally:
    """Judge the source's style and the templates'."""
    templates = sorted(str(path) for path in (ROOT / "templates").rglob("*.html"))
    djade: list[str | Path] = [
        BIN / "djade",
        "--check",
        "--target-version",
        "6.1",
        *templates,
    ]
    return _all(
        _run(BIN / "ruff", "check", "--quiet", "."),
        _run(BIN / "ruff", "format", "--check", "--quiet", "."),
        _run(*djade) if templates else True,
    )


def types() -> Tally:
    """Judge the types."""
    return _all(_run(BIN / "mypy", "--no-error-summary"))


def migrations() -> Tally:
    """Judge whether every model change has its migration."""
    return _all(_manage("makemigrations", "--check", "--dry-run", "-v", "0"))


def deploy() -> Tally:
    """Judge the settings of a production instance."""
    command = ["check", "--deploy", "--fail-level", "WARNING"]
    return _all(_manage(*command, **PRODUCTION))


def sqlite() -> Tally:
    """Run the suite on SQLite."""
    return _suite("sqlite", DATABASE_URL="")


def postgresql() -> Tally:
    """Run the suite on PostgreSQL."""
    return _suite("postgresql", sys.executable, "-m", "tests.harness.postgresql")


CHECKS: dict[str, Callable[[], Tally]] = {
    "lint": lint,
    "types": types,
    "migrations": migrations,
    "deploy": deploy,
    "sqlite": sqlite,
    "postgresql": postgresql,
}


def _suite(name: str, *around: str, **variables: str) -> Tally:
    report = RESULTS / f"{name}.xml"
    report.unlink(missing_ok=True)
    pytest = [sys.executable, "-m", "pytest", "-q", f"--junit-xml={report}"]
    parallel = ["-n", "auto", "--maxprocesses", "8", "--dist", "worksteal"]
    succeeded = _run(*around, *pytest, *parallel, **variables)
    tally = _counted(report)
    if not succeeded and not tally.failed:
        tally.failed = 1  # the run itself broke
    return tally


def _counted(report: Path) -> Tally:
    tally = Tally()
    if report.exists():
        for suite in ET.parse(report).getroot():  # noqa: S314 - written just now
            count = {name: int(suite.get(name, 0)) for name in ("tests", "skipped")}
            bad = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
            good = count["tests"] - count["skipped"] - bad
            tally.add(Tally(good, bad, count["skipped"]))
    return tally


def _failed(report: Path) -> list[str]:
    """Return the names of the tests that a report says failed."""
    if not report.exists():
        return []
    cases = ET.parse(report).iter("testcase")  # noqa: S314 - written just now
    return [
        f"{case.get('classname')}::{case.get('name')}"
        for case in cases
        if case.find("failure") is not None or case.find("error") is not None
    ]


def _manage(*arguments: str, **variables: str) -> bool:
    settings = variables or {"DJANGO_SETTINGS_MODULE": "tests.settings"}
    return _run(sys.executable, "-W", "error", "manage.py", *arguments, **settings)


def _run(*command: str | Path, **variables: str) -> bool:
    environment = os.environ | variables
    return (
        subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode == 0
    )


def _all(*verdicts: bool) -> Tally:
    return Tally(passed=sum(verdicts), failed=len(verdicts) - sum(verdicts))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
