"""What a password's hash costs, and that the settings use it."""

import pytest
from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from pytest_django import Settings

from config import settings as production

#: Who waits for a turn to hash gives the connection back first.
pytestmark = pytest.mark.django_db


def test_the_program_hashes_with_argon2id_at_owasps_minimum(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = production.PASSWORD_HASHERS
    encoded = make_password("plum harbour quietly ninety")
    assert encoded.startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")
    assert check_password("plum harbour quietly ninety", encoded)
    assert not check_password("plum harbour quietly ninetx", encoded)


def test_the_suites_cheaper_hash_differs_in_cost_alone() -> None:
    assert settings.PASSWORD_HASHERS != production.PASSWORD_HASHERS
    encoded = make_password("plum harbour quietly ninety")
    assert encoded.startswith("argon2$argon2id$v=19$m=64,t=1,p=1$")
