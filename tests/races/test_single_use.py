"""What serves once serves once, however many ask for it at the same moment."""

import json
import time
from collections import Counter
from urllib.parse import urlsplit

import pytest

from tests.factories import code_at
from tests.harness.console import Console
from tests.harness.guests import Guest, Reply, at_once, upload
from tests.harness.instance import Instance, link_in
from tests.packages.builders import unused_name, wheel

pytestmark = pytest.mark.races
_LINK = "/account/"


def test_one_code_posted_twenty_times_opens_one_session(
    arena: Instance, console: Console
) -> None:
    console.make_user("code", two_factor=True)
    guests = [Guest(arena.url) for _ in range(20)]
    for guest in guests:
        assert guest.sign_in("code").location == "/account/two-factor/"
    code = code_at(time.time())

    replies = at_once(
        [g.request("POST", "/account/two-factor/", totp_value=code) for g in guests]
    )

    for guest, reply in zip(guests, replies, strict=True):
        guest.keep(reply)
    inside = [guest.get("/manage/account/").status for guest in guests]
    assert Counter(inside) == {200: 1, 302: 19}
    assert Counter(_outcome(reply) for reply in replies) == {
        "/manage/projects/": 1,
        "used before": 19,
    }
    assert console.ask("WebSession.objects.filter(user__username='code').count()") == 1
    assert console.count_events("account:session:open", "code") == 1
    assert console.count_events("account:two-factor:refuse", "code") == 19


def test_one_reset_link_posted_twenty_times_sets_one_password(
    arena: Instance, console: Console
) -> None:
    console.make_user("reset")
    asking = Guest(arena.url)
    asking.get("/account/request-password-reset/")
    asking.post("/account/request-password-reset/", username_or_email="reset")
    link = urlsplit(link_in(arena.wait_for_mail("reset@example.com"), _LINK))
    guests = [Guest(arena.url) for _ in range(20)]
    passwords = [f"amber violin {number} crosses the tundra" for number in range(20)]
    for guest in guests:
        guest.get(f"{link.path}?{link.query}")
        assert guest.get(link.path).status == 200

    replies = at_once(
        [
            g.request("POST", link.path, new_password=new, password_confirm=new)
            for g, new in zip(guests, passwords, strict=True)
        ]
    )

    assert Counter(_outcome(reply) for reply in replies) == {
        "/account/login/": 1,
        "/account/request-password-reset/": 19,
    }
    winner = [_outcome(reply) for reply in replies].index("/account/login/")
    right = (
        f"[n for n, p in enumerate({passwords!r})"
        " if User.objects.get(username='reset').check_password(p)]"
    )
    assert console.ask(right) == [winner]
    assert console.count_events("account:password:reset", "reset") == 1


def test_one_verification_link_posted_twenty_times_verifies_once(
    arena: Instance, console: Console
) -> None:
    console.make_user("verify", verified=False)
    guest = Guest(arena.url)
    guest.sign_in("verify")
    address = console.ask("EmailAddress.objects.get(user__username='verify').pk")
    guest.post(f"/manage/account/addresses/{address}/verify/")
    link = urlsplit(link_in(arena.wait_for_mail("verify@example.com"), _LINK))
    guest.get(f"{link.path}?{link.query}")
    assert guest.get(link.path).status == 200

    replies = at_once([guest.twin().request("POST", link.path) for _ in range(20)])

    assert Counter(_outcome(reply) for reply in replies) == {
        "/": 1,
        "/manage/account/#account-emails": 19,
    }
    assert console.count_events("account:address:verify", "verify") == 1


def test_one_filename_with_ten_contents_is_published_once(
    arena: Instance, console: Console
) -> None:
    console.make_user("files")
    name = unused_name()
    built = [wheel(name, salt=str(number)) for number in range(10)]

    replies = at_once([upload(arena.url, one, "files") for one in built])

    outcomes = Counter((reply.status, reply.reason[:19]) for reply in replies)
    assert outcomes == {(200, "OK"): 1, (400, "File already exists"): 9}
    winner = built[[reply.status for reply in replies].index(200)]
    page = _simple(arena, name)
    assert [file["hashes"]["sha256"] for file in page["files"]] == [winner.sha256]
    on_disk = [p.name for p in arena.data_dir.glob(f"files/**/{winner.filename}")]
    assert on_disk == [winner.filename]
    assert console.count_events("project:file:add", "files") == 1


def test_the_same_file_ten_times_is_one_file_and_no_error(
    arena: Instance, console: Console
) -> None:
    console.make_user("same")
    name = unused_name()
    built = wheel(name)

    replies = at_once([upload(arena.url, built, "same") for _ in range(10)])

    assert [reply.status for reply in replies] == [200] * 10
    assert len(_simple(arena, name)["files"]) == 1
    assert console.count_events("project:file:add", "same") == 1
    assert console.count_events("project:create", "same") == 1


def _outcome(reply: Reply) -> str:
    if reply.status == 302:
        return reply.location
    return "used before" if "was used before" in reply.text else reply.text


def _simple(arena: Instance, name: str) -> dict[str, list[dict[str, dict[str, str]]]]:
    request = Guest(arena.url).request("GET", f"/simple/{name}/")
    request.headers["Accept"] = "application/vnd.pypi.simple.v1+json"
    page: dict[str, list[dict[str, dict[str, str]]]] = json.loads(request.send().body)
    return page
