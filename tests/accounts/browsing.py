"""What people do in a browser, in a line each."""

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.conf import settings
from django.test import Client

from accounts import outbox
from accounts.models import Event, OutgoingMail, User
from tests.factories import PASSWORD, SECRET, code_at, make_user, turn_on_totp

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse

#: What a browser gets; the stubs alone have a name for it.
type Response = _MonkeyPatchedWSGIResponse

LOGIN = "/account/login/"
LOGOUT = "/account/logout/"
REGISTER = "/account/register/"
VERIFY = "/account/verify-email/"
FORGOT = "/account/request-password-reset/"
RESET = "/account/reset-password/"
SETTINGS = "/manage/account/"
CHANGE = "/manage/account/password/"
HISTORY = "/manage/account/history/"
SECOND_STEP = "/account/two-factor/"
OVERVIEW = "/manage/account/two-factor/"
PROVISION = "/manage/account/totp-provision"
REMOVE = "/manage/account/totp-remove"
PROJECTS = "/manage/projects/"

#: The middle of a 30-second step, so that a test never crosses into the next.
NOON = datetime(2027, 3, 1, 12, 0, 15, tzinfo=UTC)
WRONG = "not the password of anyone"
NEW = "seven copper lanterns drifting"
HALF = f"{settings.COOKIE_PREFIX}half"
SESSION = settings.SESSION_COOKIE_NAME
STEP = timedelta(seconds=30)
REFUSED = "That name and password do not belong together."


def sign_in(
    client: Client,
    name: str = "ada",
    password: str = PASSWORD,
    **more: str,
) -> Response:
    """Send the sign-in form."""
    return client.post(LOGIN, {"username": name, "password": password, **more})


def browser_of(user: User) -> Client:
    """Open a browser that is signed in as ``user``, who has no second factor."""
    client = Client()
    assert sign_in(client, user.username).status_code == 302
    assert is_signed_in(client)
    return client


def half_browser_of(user: User) -> Client:
    """Open a browser between password and code."""
    client = Client()
    response = sign_in(client, user.username)
    assert response.headers["Location"] == SECOND_STEP
    return client


def give_code(client: Client, at: datetime, secret: str = SECRET) -> Response:
    """Send the code of a moment to the second step."""
    code = code_at(at.timestamp(), secret)
    return client.post(SECOND_STEP, {"totp_value": code})


def verified_browser_of(user: User, at: datetime) -> Client:
    """Open a browser signed in with password and code."""
    client = half_browser_of(user)
    assert give_code(client, at).status_code == 302
    assert is_signed_in(client)
    return client


def protected_user(name: str = "ada", **fields: object) -> User:
    """Make a person with an authenticator app."""
    user = make_user(name, **fields)  # type: ignore[arg-type]
    turn_on_totp(user)
    return user


def is_signed_in(client: Client) -> bool:
    """Return whether the browser may see the account."""
    return client.get(SETTINGS).status_code == 200


def text_of(response: Response) -> str:
    """Return the page."""
    return response.content.decode()


def masked(response: Response) -> str:
    """Return the page without what differs each time."""
    token = r'(name="csrfmiddlewaretoken" value=")[^"]*'
    return re.sub(token, r"\1", text_of(response))


def notices(response: Response) -> list[str]:
    """Return the messages that a redirect leaves for the next page."""
    storage = response.wsgi_request._messages  # type: ignore[attr-defined]
    return [str(message) for message in storage._queued_messages]


def tags(user: User | None = None) -> list[str]:
    """Return the tags of the trail, oldest first."""
    events = Event.objects.order_by("pk")
    if user is not None:
        events = events.filter(account=user.pk)
    return list(events.values_list("tag", flat=True))


def waiting_mails(to: str = "") -> list[OutgoingMail]:
    """Return what the worker would send, oldest first."""
    mails = OutgoingMail.objects.filter(sent_at=None, given_up_at=None)
    if to:
        mails = mails.filter(to=to)
    return list(mails.order_by("pk"))


def link_in(mail: OutgoingMail) -> str:
    """Return the path and query of the link with a token in a mail."""
    links = re.findall(r"https?://\S+\?token=\S+", outbox.content_of(mail)["text"])
    assert len(links) == 1
    parts = urlsplit(links[0])
    return f"{parts.path}?{parts.query}"


def request_reset(client: Client, name: str = "ada") -> Response:
    """Ask for a reset link."""
    return client.post(FORGOT, {"username_or_email": name})


def reset_link(name: str = "ada") -> str:
    """Ask for a reset link and read it in the mailbox."""
    response = request_reset(Client(), name)
    assert response.status_code == 200
    return link_in(waiting_mails()[-1])


def set_password(client: Client, link: str, password: str = NEW) -> Response:
    """Follow a reset link and set a new password."""
    client.get(link)
    return client.post(RESET, {"new_password": password, "password_confirm": password})


def register(client: Client, **more: str) -> Response:
    """Send the registration form."""
    values = {
        "username": "ada",
        "name": "",
        "email": "ada@example.com",
        "new_password": PASSWORD,
        "password_confirm": PASSWORD,
    }
    return client.post(REGISTER, values | more)


def change_password(client: Client, old: str = PASSWORD, new: str = NEW) -> Response:
    """Send the form that changes the password."""
    return client.post(
        CHANGE, {"password": old, "new_password": new, "password_confirm": new}
    )
