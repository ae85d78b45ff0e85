"""The people whose pages are looked at, and what they have published.

``settle`` runs inside the server's own environment; the rest speaks HTTP to it.
"""

import json
import time
import urllib.error
import urllib.request
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils import timezone

from accounts import events, links, trail
from accounts.models import Event, MailedLink, User
from accounts.origin import Origin
from tests.factories import PASSWORD, code_at, make_user, turn_on_totp
from tests.harness.instance import Instance
from tests.packages import builders
from twofactor.events import CodeRefused, FactorAdded

#: Long enough to need wrapping wherever it stands.
LONG_NAME = "bartholomew.featherstonehaugh-cholmondeley_the-3rd"
LONG_ADDRESS = (
    "bartholomew.featherstonehaugh-cholmondeley.the.third"
    "@mail.department-of-engineering.rather-long-organisation.example.org"
)
LONG_PROJECT = "a-distributed-asynchronous-event-processing-toolkit-for-laboratories"
SECRET = "NB2W45DFOIZA4TLPMZSXE2LON5WGC3TE"
#: Pages nothing leads to on a healthy server, drawn from their templates.
FAILURES = ("400", "403", "500", "503")

_MARKDOWN = """\
# Demo

Says *hello*, and [more](https://example.com/).

## Install

```console
$ python -m pip install --index-url https://packages.example.org/simple/ a-distributed
```

| Option | Default | What it does |
|---|---|---|
| `greeting` | `"hello"` | The word that is said, whoever it is said to |
| `a_rather_long_option_name_that_needs_room` | `None` | Nothing, at great length |

1. First this
2. then that

> Quoted from somebody who knows.

![A picture](https://example.com/picture.png)

### Unbroken

https://example.com/an/address/that/goes/on/and/on/and/on/without/any/place/to/break/it
"""
_RST = """\
Greeter
=======

Says *hello*, and ``literally`` so.

Usage
-----

.. code-block:: python

   from greeter import greet

   greet("everybody who is reading this rather long line of code in a narrow window")

================  =========================================
Option            What it does
================  =========================================
greeting          The word that is said
excitement        How many exclamation marks follow the word
================  =========================================

Deep
~~~~

#. First this
#. then that

.. note:: Installers do not read this.

"""
_HEADERS = """\
Author-email: Ada Lovelace <ada@example.com>, Charles Babbage <charles@example.com>
License-Expression: Apache-2.0
Keywords: events,asynchronous,laboratory,streams
Project-URL: Documentation, https://docs.example.com/a-distributed-toolkit/
Project-URL: Source, https://code.example.com/laboratory/a-distributed-toolkit
Classifier: Development Status :: 5 - Production/Stable
Classifier: Intended Audience :: Science/Research
Classifier: Programming Language :: Python :: 3 :: Only
"""


def settle() -> None:
    """Make everybody, and print what only the server can tell as JSON."""
    newcomer = make_user("newcomer", verified=False)
    settled = make_user("settled")
    guarded = make_user(LONG_NAME, address=LONG_ADDRESS)
    turn_on_totp(guarded, SECRET)
    turn_on_totp(make_user("waiting"), SECRET)
    make_user("hasty")
    _write_history(guarded)
    purposes = MailedLink.Purpose
    tokens = {
        "verify": _link(purposes.VERIFY, newcomer, settings.VERIFY_LINK_SECONDS),
        "reset": _link(purposes.RESET, settled, settings.RESET_LINK_SECONDS),
    }
    request = RequestFactory().get("/", SERVER_NAME="localhost")
    request.user = AnonymousUser()
    pages = {
        name: render_to_string(f"{name}.html", request=request) for name in FAILURES
    }
    print(json.dumps({"tokens": tokens, "pages": pages}))  # noqa: T201


def _link(purpose: MailedLink.Purpose, user: User, seconds: int) -> str:
    address = user.primary_address
    return links.issue(purpose, user=user, address=address, seconds=seconds)


def _write_history(user: User) -> None:
    by = Origin(
        address="2001:db8:1234:5678::1",
        network="2001:db8:1234::/48",
        user_agent="Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0",
        request_id="0",
    )
    refused = events.SignInRefused(reason="wrong password", via="upload")
    entries = [
        events.AccountCreated(address=LONG_ADDRESS),
        events.AddressVerified(address=LONG_ADDRESS),
        *[refused] * 50,
        FactorAdded(method="authenticator app"),
        events.SignedIn(method="password, totp"),
        CodeRefused(reason="code used before", via="web"),
    ]
    with transaction.atomic():
        rows = [trail.record(entry, account=user, by=by) for entry in entries]
        for age, row in enumerate(reversed(rows)):
            at = timezone.now() - timedelta(hours=7 * age, minutes=3)
            Event.objects.filter(pk=row.pk).update(at=at)


def publish_everything(instance: Instance) -> None:
    """Publish projects as the guarded one, with long names and long descriptions."""
    long_about = builders.metadata(
        LONG_PROJECT,
        "2026.11.22.post2",
        extra=_HEADERS,
        body=_MARKDOWN * 3,
    ).replace(b"A demo", b"Process events of laboratory instruments, as they come")
    rst_about = (
        builders.metadata("greeter", "1.0", body=_RST * 2)
        .replace(b"text/markdown", b"text/x-rst")
        .replace(b"A demo", b"Says hello")
    )
    bare = b"Metadata-Version: 2.4\nName: bare\nVersion: 0.1\n\n"
    tag = "cp313-cp313-manylinux_2_17_x86_64.manylinux2014_x86_64"
    for built in (
        builders.wheel(LONG_PROJECT, "2026.10.1"),
        builders.wheel(LONG_PROJECT, "2026.11.22.post2", about=long_about),
        builders.wheel(LONG_PROJECT, "2026.11.22.post2", about=long_about, tag=tag),
        builders.sdist(LONG_PROJECT, "2026.11.22.post2", about=long_about),
        builders.wheel("greeter", "1.0", about=rst_about),
        builders.wheel("bare", "0.1", about=bare),
    ):
        status, said = publish(instance, built, LONG_NAME)
        assert status == 200, said


def publish(
    instance: Instance, built: builders.Built, name: str, password: str = PASSWORD
) -> tuple[int, str]:
    """Send a file to the upload address; return status and body of the answer."""
    form = builders.form_for(built)
    request = urllib.request.Request(
        f"{instance.url}/legacy/",
        data=form.body,
        headers={
            "Authorization": builders.basic(name, password),
            "Content-Type": form.content_type,
        },
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.read().decode()


def use_up_guesses(instance: Instance, name: str) -> None:
    """Guess at a password until the account asks everybody to wait."""
    built = builders.wheel("never-published")
    statuses = [publish(instance, built, name, "wrong")[0] for _guess in range(11)]
    assert statuses[-1] == 429, statuses


def code_now() -> str:
    """Return what the authenticator app of ``SECRET`` shows."""
    return code_at(time.time(), SECRET)
