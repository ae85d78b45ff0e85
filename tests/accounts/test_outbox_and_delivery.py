"""Mails: written with the change they report, sent later, kept nowhere."""

import smtplib
from datetime import timedelta

import pytest
import time_machine
from django.core import mail as sent
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts import delivery, housekeeping, outbox
from accounts.delivery import deliver_due, wait_after
from accounts.models import OutgoingMail, User
from accounts.origin import Origin
from accounts.sealing import SealBrokenError
from config.env import Environment
from config.site import load
from tests.accounts.browsing import NOON, register, request_reset, waiting_mails
from tests.factories import make_user

pytestmark = pytest.mark.django_db
BY = Origin(
    address="203.0.113.7",
    network="203.0.113.0/24",
    user_agent="Mozilla/5.0 (X11; Linux x86_64) Firefox/130.0",
    request_id="1",
)


@pytest.fixture(autouse=True)
def _memory(settings: Settings) -> None:
    settings.DEVELOPMENT = False
    settings.MAILERS = {
        "default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}
    }


class Broken(BaseEmailBackend):
    """A mail server that fails in the way the test asks for."""

    error: Exception = OSError("away")

    def send_messages(self, email_messages: object) -> int:
        raise self.error


@pytest.fixture
def broken(settings: Settings) -> type[Broken]:
    settings.MAILERS = {"default": {"BACKEND": f"{__name__}.Broken"}}
    import sys  # noqa: PLC0415

    sys.modules.setdefault(__name__, sys.modules[Broken.__module__])
    return Broken


def queue(to: str = "ada@example.com", **context: object) -> OutgoingMail:
    user = User.objects.filter(username="ada").first() or make_user("ada")
    values: dict[str, object] = {
        "action_url": "http://localhost:8000/account/reset-password/?token=t&x=<y>",
        "minutes": 60,
    }
    with transaction.atomic():
        return outbox.post(
            "accounts/email/password_reset",
            to=to,
            account=user,
            by=BY,
            context=values | context,
        )


def test_a_mail_is_posted_in_the_transaction_it_reports(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from accounts.flows import registration  # noqa: PLC0415

    def fault(*args: object, **kwargs: object) -> None:
        message = "the disk is full"
        raise DatabaseError(message)

    monkeypatch.setattr(registration, "record", fault)
    client = Client(raise_request_exception=False)
    assert register(client).status_code == 500
    assert not OutgoingMail.objects.exists()
    assert not User.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_mail_without_a_transaction_is_a_mistake() -> None:
    with pytest.raises(transaction.TransactionManagementError):
        outbox.post("accounts/email/password_changed", to="", account=None, by=None)


def test_what_waits_is_sealed() -> None:
    mail = queue()
    mail.refresh_from_db()
    for word in (b"token", b"Reset", b"ada"):
        assert word not in bytes(mail.content)
    mail.message_id = "other@gatehouse"
    with pytest.raises(SealBrokenError):
        outbox.content_of(mail)


def test_a_mail_says_what_when_where_and_what_to_do() -> None:
    with time_machine.travel(NOON, tick=False):
        queue()
        assert deliver_due() == 1
    (mail,) = sent.outbox
    assert mail.to == ["ada@example.com"]
    assert mail.subject == "[Gatehouse] Reset your password"
    assert mail.from_email == "Gatehouse <noreply@localhost>"
    for words in (
        "Hello ada,",
        "Somebody asked to reset the password of your account ada.",
        "for 60 minutes",
        "1 March 2027, 12:00 UTC",
        "203.0.113.0/24",
        "Firefox on Linux",
        "If this was not you, do nothing",
        "?token=t&x=<y>",
    ):
        assert words in mail.body
    assert "203.0.113.7" not in mail.body


def test_the_html_part_is_escaped_and_the_text_part_is_not() -> None:
    queue(minutes=1)
    deliver_due()
    message = sent.outbox[0]
    assert isinstance(message, sent.EmailMultiAlternatives)
    (html, _kind), *_more = message.alternatives
    assert isinstance(html, str)
    assert "?token=t&amp;x=&lt;y&gt;" in html
    assert "<y>" not in html
    assert "<y>" in message.body
    assert "for 1 minute." in message.body


def test_what_was_delivered_is_emptied_and_not_sent_again() -> None:
    queue()
    assert deliver_due() == 1
    row = OutgoingMail.objects.get()
    assert row.sent_at is not None
    assert (bytes(row.content), row.attempts) == (b"", 1)
    assert deliver_due() == 0
    assert len(sent.outbox) == 1


def test_a_decoy_is_never_sent() -> None:
    request_reset(Client(), "nobody")
    assert OutgoingMail.objects.get().to == ""
    assert deliver_due() == 0
    assert not sent.outbox


def test_mail_headers_tell_machines_not_to_answer() -> None:
    mail = queue()
    deliver_due()
    headers = sent.outbox[0].message()
    assert headers["Auto-Submitted"] == "auto-generated"
    assert headers["Message-ID"] == f"<{mail.message_id}>"


def test_a_site_name_with_line_breaks_makes_no_header(settings: Settings) -> None:
    settings.SITE_NAME = "Gate\r\nBcc: eve@example.com\r\nhouse"
    queue()
    deliver_due()
    for message in sent.outbox:
        assert "Bcc" not in dict(message.message().items())
    assert OutgoingMail.objects.get().attempts == 1


@pytest.mark.parametrize(
    "error",
    [
        OSError("away"),
        smtplib.SMTPServerDisconnected("away"),
        smtplib.SMTPRecipientsRefused({"ada@example.com": (550, b"no")}),
        ValueError("a header with a line break"),
        UnicodeEncodeError("ascii", "ä", 0, 1, "no"),
    ],
)
def test_whatever_fails_is_tried_again_and_stops_no_other_mail(
    broken: type[Broken], error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broken, "error", error)
    with time_machine.travel(NOON, tick=False):
        queue()
        queue("grace@example.com")
        assert deliver_due() == 2
    for row in OutgoingMail.objects.all():
        assert (row.sent_at, row.given_up_at, row.attempts) == (None, None, 1)
        assert row.error == type(error).__name__
        assert row.due_at == NOON + timedelta(seconds=30)
        assert row.content


def test_a_database_that_is_away_is_left_to_the_worker(
    broken: type[Broken], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broken, "error", DatabaseError("away"))
    queue()
    with pytest.raises(DatabaseError):
        deliver_due()


def test_each_wait_is_twice_the_last_up_to_six_hours() -> None:
    seconds = [wait_after(attempts).total_seconds() for attempts in range(1, 16)]
    assert seconds[:4] == [30, 60, 120, 240]
    assert seconds[-1] == 6 * 3600
    assert wait_after(30_000) == timedelta(hours=6)


def test_a_mail_is_given_up_after_four_days(broken: type[Broken]) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        queue()
        attempts = 0
        while OutgoingMail.objects.filter(given_up_at=None).exists():
            attempts += deliver_due()
            clock.move_to(OutgoingMail.objects.get().due_at)
        row = OutgoingMail.objects.get()
        assert timedelta(days=4) < timezone.now() - NOON < timedelta(days=4, hours=7)
    assert attempts == row.attempts > 10
    assert bytes(row.content) == b""


def test_a_mail_that_is_being_sent_is_sent_by_one_worker() -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        mail = queue()
        assert delivery._lease(mail)
        assert not delivery._lease(mail)
        assert deliver_due() == 0
        clock.shift(delivery.LEASE)
        assert deliver_due() == 1


def test_a_mail_under_a_lost_key_is_given_up(settings: Settings) -> None:
    queue()
    settings.SEALING_KEYS = ["another key of forty characters or more, new"]
    assert deliver_due() == 1
    row = OutgoingMail.objects.get()
    assert row.given_up_at is not None
    assert not sent.outbox


def test_delivered_mails_and_decoys_leave_after_a_week() -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        queue()
        request_reset(Client(), "nobody")
        deliver_due()
        queue("late@example.com")
        clock.shift(timedelta(days=7, seconds=1))
        housekeeping.clear()
        assert [mail.to for mail in waiting_mails()] == ["late@example.com"]
        assert OutgoingMail.objects.count() == 1


def test_a_sender_with_marks_in_its_name_is_quoted(settings: Settings) -> None:
    settings.SITE_NAME = 'Ada, "Grace" & Söhne'
    queue()
    deliver_due()
    senders = sent.outbox[0].message().get_all("From") or []
    assert len(senders) == 1
    assert "<noreply@localhost>" in str(senders[0])


def test_an_address_with_an_international_domain_can_be_written_to() -> None:
    queue("ada@bücher.example")
    deliver_due()
    assert b"xn--bcher-kva.example" in sent.outbox[0].message().as_bytes()


def test_a_contact_is_named_in_every_mail(settings: Settings) -> None:
    settings.SITE = load(
        Environment({"GATEHOUSE_CONTACT_EMAIL": "help@example.com"}),
        base_url="https://packages.example.com",
        development=False,
    )
    queue()
    deliver_due()
    assert "Questions: help@example.com" in sent.outbox[0].body
    assert isinstance(sent.outbox[0], EmailMessage)
