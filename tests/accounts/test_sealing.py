"""Secrets at rest."""

import pytest
from hypothesis import given
from hypothesis import settings as budget
from hypothesis import strategies as st
from pytest_django import Settings

from accounts.sealing import SealBrokenError, key_id, seal, unseal

OLD = "an old key, forty characters or more of it."
NEW = "a new key, also forty characters or more..."
#: Other tests run beside it: what is slow here is not a fault.
unhurried = budget(deadline=None, max_examples=50)


@unhurried
@given(st.binary(max_size=200), st.text(max_size=50).filter(lambda t: t.isprintable()))
def test_what_is_sealed_is_opened(secret: bytes, context: str) -> None:
    assert unseal(seal(secret, context), context) == secret


def test_one_secret_is_never_sealed_the_same_way_twice() -> None:
    sealed = {seal(b"secret", "a") for _time in range(100)}
    assert len(sealed) == 100
    assert not any(b"secret" in value for value in sealed)


def test_a_value_moved_to_another_row_does_not_open() -> None:
    with pytest.raises(SealBrokenError):
        unseal(seal(b"secret", "twofactor.totp:1"), "twofactor.totp:2")


def test_a_changed_bit_anywhere_does_not_open() -> None:
    sealed = seal(b"secret", "a")
    for place in range(len(sealed)):
        broken = bytearray(sealed)
        broken[place] ^= 1
        with pytest.raises(SealBrokenError):
            unseal(bytes(broken), "a")


@pytest.mark.parametrize("length", range(0, 39, 3))
def test_a_value_cut_short_does_not_open(length: int) -> None:
    with pytest.raises(SealBrokenError):
        unseal(seal(b"secret", "a")[:length], "a")


def test_keys_are_rotated_without_losing_a_value(settings: Settings) -> None:
    settings.SEALING_KEYS = [OLD]
    before = seal(b"secret", "a")
    settings.SEALING_KEYS = [NEW, OLD]
    after = seal(b"secret", "a")
    assert unseal(before, "a") == unseal(after, "a") == b"secret"
    assert after[1:5] == key_id(NEW)
    settings.SEALING_KEYS = [NEW]
    assert unseal(memoryview(after), "a") == b"secret"
    with pytest.raises(SealBrokenError):
        unseal(before, "a")


def test_the_error_names_what_it_was_for_and_no_secret() -> None:
    with pytest.raises(SealBrokenError, match=r"\Amail:1\Z"):
        unseal(b"", "mail:1")
