"""The instance's own secrets."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import secrets
from config.env import Environment

pytestmark = pytest.mark.one_database

GIVEN = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGH"
BOTH = {"GATEHOUSE_SECRET_KEY": GIVEN, "GATEHOUSE_SEALING_KEYS": GIVEN}


def test_development_makes_them_once_for_itself_alone(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    first = secrets.load(Environment({}), development=True, data_dir=folder)
    again = secrets.load(Environment({}), development=True, data_dir=folder)
    assert first == again
    assert len(first.secret_key) == 64
    assert first.secret_key not in first.sealing_keys
    file = folder / "secrets.json"
    assert file.stat().st_mode & 0o777 == 0o600
    assert list(folder.iterdir()) == [file]


def test_processes_that_start_at_once_agree(tmp_path: Path) -> None:
    def load(_number: int) -> secrets.Secrets:
        return secrets.load(Environment({}), development=True, data_dir=tmp_path)

    with ThreadPoolExecutor(8) as pool:
        made = {loaded.secret_key for loaded in pool.map(load, range(32))}
    assert len(made) == 1
    assert json.loads((tmp_path / "secrets.json").read_text())["secret_key"] in made


def test_what_is_given_wins(tmp_path: Path) -> None:
    loaded = secrets.load(Environment(BOTH), development=True, data_dir=tmp_path)
    assert (loaded.secret_key, loaded.sealing_keys) == (GIVEN, [GIVEN])


def test_production_makes_none(tmp_path: Path) -> None:
    with pytest.raises(ImproperlyConfigured, match="GATEHOUSE_SECRET_KEY is missing"):
        secrets.load(Environment({}), development=False, data_dir=tmp_path)
    assert not (tmp_path / "secrets.json").exists()


@pytest.mark.parametrize("name", BOTH)
@pytest.mark.parametrize("value", ["", "a", GIVEN[:39], 50 * "a", 20 * "abc", ","])
def test_a_weak_one_is_refused_by_name(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=name) as error:
        secrets.load(
            Environment(BOTH | {name: value}), development=False, data_dir=tmp_path
        )
    assert len(value) < 30 or value not in str(error.value)


def test_keys_that_are_being_retired_are_kept_in_order(tmp_path: Path) -> None:
    old = GIVEN[::-1]
    variables = {
        "GATEHOUSE_SECRET_KEY": GIVEN,
        "GATEHOUSE_SECRET_KEY_FALLBACKS": old,
        "GATEHOUSE_SEALING_KEYS": f"{GIVEN}, {old}",
    }
    loaded = secrets.load(Environment(variables), development=False, data_dir=tmp_path)
    assert loaded.sealing_keys == [GIVEN, old]
    assert loaded.secret_key_fallbacks == [old]
