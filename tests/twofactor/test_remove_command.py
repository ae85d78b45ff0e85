"""``manage.py remove_two_factor``: what an operator does when a phone is gone."""

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Event, OutgoingMail
from accounts.outbox import content_of
from tests.factories import make_user, turn_on_totp
from twofactor.queries import user_has_second_factor

pytestmark = pytest.mark.django_db


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(CommandError, match="Nobody is called grace"):
        call_command("remove_two_factor", "grace", reason="lost")


def test_nothing_to_remove_is_refused() -> None:
    make_user()
    with pytest.raises(CommandError, match="off already"):
        call_command("remove_two_factor", "ada", reason="lost")
    assert not Event.objects.exists()


def test_the_factor_goes_with_an_event_a_mail_and_a_new_stamp() -> None:
    user = make_user()
    turn_on_totp(user)
    stamp = user.security_stamp
    call_command("remove_two_factor", "ada", reason="phone lost, asked in person")
    user.refresh_from_db()
    assert not user_has_second_factor(user)
    assert user.security_stamp != stamp
    event = Event.objects.get(tag="account:two-factor:remove-by-operator")
    assert event.account == user
    assert event.data == {"reason": "phone lost, asked in person"}
    mail = OutgoingMail.objects.get()
    assert mail.to == "ada@example.com"
    assert "turned off" in content_of(mail)["subject"]
