"""Configuration: what it takes, and what it refuses naming the variable."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.env import Environment, database, mailer
from config.limits import DEFAULTS, load

pytestmark = pytest.mark.one_database

ROOT = Path(__file__).resolve().parent.parent.parent
RANDOM = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGH"
PRODUCTION = {
    "DJANGO_SETTINGS_MODULE": "config.settings",
    "GATEHOUSE_ALLOWED_HOSTS": "packages.example.com",
    "GATEHOUSE_BASE_URL": "https://packages.example.com",
    "GATEHOUSE_EMAIL_URL": "smtp://localhost:25",
    "GATEHOUSE_SEALING_KEYS": RANDOM,
    "GATEHOUSE_SECRET_KEY": RANDOM[::-1],
}


def start(folder: Path, **variables: str | None) -> subprocess.CompletedProcess[str]:
    """Load the settings of an instance in a process of its own."""
    ours = {"PATH": os.environ["PATH"], "GATEHOUSE_DATA_DIR": str(folder)}
    wanted = PRODUCTION | ours | variables
    return subprocess.run(
        [sys.executable, "-c", "from config import settings as s; print(s.DEBUG)"],
        cwd=ROOT,
        env={name: value for name, value in wanted.items() if value is not None},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_a_complete_production_starts_without_debug(tmp_path: Path) -> None:
    assert start(tmp_path, GATEHOUSE_DEBUG="yes").stdout == "False\n"
    assert not (tmp_path / "secrets.json").exists()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GATEHOUSE_SECRET_KEY", None),
        ("GATEHOUSE_SECRET_KEY", "short"),
        ("GATEHOUSE_SECRET_KEY", 60 * "ab"),
        ("GATEHOUSE_SEALING_KEYS", None),
        ("GATEHOUSE_SEALING_KEYS", f"{RANDOM},short"),
        ("GATEHOUSE_SECRET_KEY_FILE", "/nowhere/at/all"),
        ("GATEHOUSE_BASE_URL", None),
        ("GATEHOUSE_BASE_URL", "packages.example.com"),
        ("GATEHOUSE_BASE_URL", "http://packages.example.com"),
        ("GATEHOUSE_BASE_URL", "https://packages.example.com/path"),
        ("GATEHOUSE_BASE_URL", "javascript://packages.example.com"),
        ("GATEHOUSE_ALLOWED_HOSTS", None),
        ("GATEHOUSE_ALLOWED_HOSTS", "*"),
        ("GATEHOUSE_ALLOWED_HOSTS", "packages.example.com,*"),
        ("GATEHOUSE_EMAIL_URL", None),
        ("GATEHOUSE_EMAIL_URL", "console:"),
        ("GATEHOUSE_ENV", "staging"),
        ("GATEHOUSE_LIMIT_SIGN_IN_ACCOUNT", "ten"),
        ("GATEHOUSE_PORT", "http"),
        ("DATABASE_URL", "mysql://localhost/x"),
    ],
)
def test_production_does_not_start_and_says_why(
    tmp_path: Path, name: str, value: str | None
) -> None:
    done = start(tmp_path, **{name: value})
    assert done.returncode != 0
    last = done.stderr.strip().splitlines()[-1]
    assert "ImproperlyConfigured" in last
    assert name in last
    assert RANDOM not in done.stderr


@pytest.mark.parametrize("value", ["yes", "TRUE", "1", "on"])
def test_yes_in_many_spellings(value: str) -> None:
    assert Environment({"A": value}).flag("A")


@pytest.mark.parametrize("value", ["no", "False", "0", "off", ""])
def test_no_in_many_spellings(value: str) -> None:
    assert not Environment({"A": value}).flag("A", default=True)


def test_a_flag_that_is_neither_is_refused() -> None:
    with pytest.raises(ImproperlyConfigured, match="A takes yes or no"):
        Environment({"A": "perhaps"}).flag("A")


@pytest.mark.parametrize("value", ["-1", "1.5", "", "x", "0"])
def test_a_number_below_the_least_is_refused(value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="A takes a whole number of 1"):
        Environment({"A": value}).number("A", 3, least=1)


@pytest.mark.parametrize(
    "value", ["10", "10/", "/300", "0/300", "10/0", "-1/5", "1/2/3"]
)
def test_a_limit_is_hits_and_seconds(value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="hits/seconds"):
        Environment({"A": value}).limit("A", (1, 1))


def test_every_limit_has_a_variable() -> None:
    names = {
        name: f"GATEHOUSE_LIMIT_{name.upper().replace('-', '_')}" for name in DEFAULTS
    }
    limits = load(Environment(dict.fromkeys(names.values(), "7/77")))
    assert limits == dict.fromkeys(DEFAULTS, (7, 77))
    assert load(Environment({})) == DEFAULTS


def test_a_value_may_stand_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(f"{RANDOM}\n")
    assert Environment({"A_FILE": str(file)}).text("A") == RANDOM


def test_a_list_drops_what_is_empty() -> None:
    assert Environment({"A": " a, ,b ,"}).words("A") == ["a", "b"]


def test_sqlite_takes_the_write_lock_first(tmp_path: Path) -> None:
    options = database("", tmp_path, pool=4)
    assert options["NAME"] == str(tmp_path / "gatehouse.sqlite3")
    assert options["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert "journal_mode=WAL" in options["OPTIONS"]["init_command"]


def test_postgresql_is_read_from_its_url(tmp_path: Path) -> None:
    url = "postgresql://us%40er:p%2Fw@db.example:5433/na%20me?sslmode=require"
    options = database(url, tmp_path, pool=4)
    assert (options["USER"], options["PASSWORD"]) == ("us@er", "p/w")
    assert (options["HOST"], options["PORT"]) == ("db.example", "5433")
    assert options["NAME"] == "na me"
    assert options["OPTIONS"]["sslmode"] == "require"


@pytest.mark.parametrize(
    ("url", "port", "tls", "ssl"),
    [
        ("smtp://mail.example", 25, False, False),
        ("smtp+tls://u%40x:p@mail.example", 587, True, False),
        ("smtps://u:p@mail.example:4650", 4650, False, True),
    ],
)
def test_a_mail_server_is_read_from_its_url(
    url: str, port: int, tls: bool, ssl: bool
) -> None:
    options = mailer(url)["OPTIONS"]
    assert (options["port"], options["use_tls"], options["use_ssl"]) == (port, tls, ssl)
    assert options["timeout"] == 10


@pytest.mark.parametrize("url", ["", "http://mail.example", "smtp:", "mail.example"])
def test_no_mail_server_is_refused(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="GATEHOUSE_EMAIL_URL"):
        mailer(url)
