"""When two addresses are the same, and which are accepted."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import settings as budget
from hypothesis import strategies as st
from pytest_django import Settings

from accounts.addresses import key_of, mailbox_of, validate
from accounts.models import EmailAddress, User
from tests.accounts.browsing import NOON
from tests.factories import make_user

#: Other tests run beside it: what is slow here is not a fault.
unhurried = budget(deadline=None, max_examples=50)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ada@Example.COM", "ada@example.com"),
        (" ada@example.com ", "ada@example.com"),
        ("ada@bücher.example", "ada@xn--bcher-kva.example"),
        ("ada@BÜCHER.example", "ada@bücher.example"),
        ("ada@ｅxample.com", "ada@example.com"),
    ],
)
def test_two_spellings_of_one_mailbox_have_one_key(one: str, other: str) -> None:
    assert key_of(one) == key_of(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("a.da@example.com", "ada@example.com"), ("ada+x@example.com", "ada@example.com")],
)
def test_mailboxes_that_may_differ_have_different_keys(one: str, other: str) -> None:
    assert key_of(one) != key_of(other)


@pytest.mark.parametrize(
    ("key", "mailbox"),
    [
        ("ada+spam+more@example.com", "ada@example.com"),
        ("ada@example.com", "ada@example.com"),
        ("+@example.com", "+@example.com"),
    ],
)
def test_tags_are_one_mailbox_for_the_limits(key: str, mailbox: str) -> None:
    assert mailbox_of(key) == mailbox


@unhurried
@given(st.text(max_size=260))
def test_any_text_has_a_key(text: str) -> None:
    assert "@" in key_of(text)


@unhurried
@given(st.emails())
def test_an_accepted_address_fits_its_columns(address: str) -> None:
    try:
        validate(address)
    except ValidationError:
        return
    assert len(address) <= 254
    assert len(key_of(address)) <= 254
    assert key_of(address).isascii()


@pytest.mark.parametrize(
    "address", ["ada@example.com", "a+b@sub.example.co.uk", "ada@bücher.example"]
)
def test_usual_addresses_are_accepted(address: str) -> None:
    validate(address)


def test_localhost_is_a_domain_in_development_only(settings: Settings) -> None:
    validate("ada@localhost")
    settings.DEVELOPMENT = False
    with pytest.raises(ValidationError):
        validate("ada@localhost")


@pytest.mark.django_db
def test_one_owner_among_the_verified_holds_in_the_database() -> None:
    make_user("ada", address="x@example.com")
    eve = make_user("eve", verified=False, address="X@Example.com")
    with pytest.raises(IntegrityError), transaction.atomic():
        eve.addresses.update(verified_at=NOON)
    with pytest.raises(IntegrityError), transaction.atomic():
        EmailAddress.objects.create(user=eve, address="y@example.com", is_primary=True)


@pytest.mark.django_db
def test_only_a_verified_address_names_a_person() -> None:
    ada = make_user("ada", address="Ada@example.com")
    make_user("eve", verified=False)
    assert User.objects.named("ADA@example.com") == ada
    assert User.objects.named("eve@example.com") is None
    assert User.objects.named("EVE") is not None
    assert User.objects.named("") is None
    assert User.objects.get_by_natural_key("ADA") == ada
