"""Uploads as clients send them, through the whole program."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from accounts.models import Event, OutgoingMail, User
from packages import storage
from packages.index import projection
from packages.models import File, Project, Release, Role, StoredPage
from tests.factories import PASSWORD, make_user, turn_on_totp
from tests.packages.builders import (
    Built,
    Form,
    basic,
    form_for,
    metadata,
    post,
    sdist,
    unused_name,
    upload,
    wheel,
)
from tests.packages.serving import ask

pytestmark = pytest.mark.django_db

#: Bytes that cannot be compressed.
NOISE = b"".join(hashlib.sha256(str(n).encode()).digest() for n in range(300))
UV_ACCEPT = "application/json;q=0.9, text/plain;q=0.8, text/html;q=0.7"


@pytest.fixture
def ada() -> User:
    return make_user("ada")


@pytest.fixture
def name() -> str:
    return unused_name()


@pytest.fixture(autouse=True)
def _nothing_is_left_behind(settings: Settings) -> Iterator[None]:
    """Whatever happens, no temporary file stays and every stored file has a row."""
    yield
    assert not list(Path(settings.UPLOAD_DIR).glob("upload-*"))
    assert stored(settings) == sorted(
        path
        for file in File.objects.all()
        for path in [
            file.path,
            *([f"{file.path}.metadata"] * bool(file.metadata_sha256)),
        ]
    )


def stored(settings: Settings) -> list[str]:
    root = Path(settings.FILES_DIR)
    return sorted(
        path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()
    )


def said(response: HttpResponse, status: int) -> str:
    """Return the message, once it is known to be in reason phrase and body alike."""
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    message = response.content.decode().strip()
    assert response.reason_phrase == message[:400]
    return message


# --- What is taken -------------------------------------------------------------------


def test_first_file_makes_project_release_and_owner(
    ada: User, name: str, settings: Settings
) -> None:
    built = wheel(name)
    response = upload(built, ada, comment="by hand")
    assert (response.status_code, response.content) == (200, b"")
    assert not response.cookies
    project = Project.objects.get(normalized_name=name)
    assert Role.objects.get(project=project, user=ada).role == Role.Kind.OWNER
    release = Release.objects.get(project=project)
    assert (release.version, release.summary) == ("1.0", "A demo")
    assert release.description.startswith("# Demo")
    assert release.metadata["metadata_version"] == "2.4"
    assert "description" not in release.metadata
    file = File.objects.get(release=release)
    assert (file.filename, file.sha256, file.path) == (
        built.filename,
        built.sha256,
        built.path,
    )
    assert (file.size, file.python_version, file.comment) == (
        len(built.data),
        "py3",
        "by hand",
    )
    assert (Path(settings.FILES_DIR) / file.path).read_bytes() == built.data
    sidecar = Path(settings.FILES_DIR) / f"{file.path}.metadata"
    assert sidecar.read_bytes() == metadata(name)


def test_first_file_is_told_to_the_owner_and_the_trail(ada: User, name: str) -> None:
    upload(wheel(name), ada)
    project = Project.objects.get()
    tags = list(
        Event.objects.filter(subject=f"project:{project.pk}").values_list("tag")
    )
    assert sorted(tags) == [("project:create",), ("project:file:add",)]
    added = Event.objects.get(tag="project:file:add")
    assert added.account == ada
    assert added.data["second_factor"] is False
    assert added.data["via"] == "password"
    mail = OutgoingMail.objects.get()
    assert (mail.to, mail.template) == (
        "ada@example.com",
        "packages/email/project_created",
    )


def test_index_pages_are_written_with_the_file(ada: User, name: str) -> None:
    built = wheel(name)
    upload(built, ada)
    page = StoredPage.objects.get(path=f"simple/{name}/", representation="json")
    (file,) = json.loads(bytes(page.body))["files"]
    assert file["filename"] == built.filename
    assert file["hashes"]["sha256"] == built.sha256
    assert file["core-metadata"]["sha256"] == File.objects.get().metadata_sha256


def test_sdist_and_wheel_share_a_release(ada: User, name: str) -> None:
    assert upload(sdist(name), ada).status_code == 200
    assert upload(wheel(name), ada).status_code == 200
    release = Release.objects.get()
    assert release.files.count() == 2
    assert File.objects.get(packagetype="sdist").metadata_sha256 == ""
    assert OutgoingMail.objects.count() == 1


def test_equal_versions_are_one_release(ada: User, name: str) -> None:
    upload(wheel(name, "1.0"), ada)
    assert upload(wheel(name, "1.0.0", tag="py2-none-any"), ada).status_code == 200
    assert Release.objects.get().files.count() == 2


def test_first_file_decides_the_metadata_of_a_release(ada: User, name: str) -> None:
    upload(wheel(name), ada)
    other = metadata(name).replace(b"A demo", b"Another")
    upload(sdist(name, about=other), ada)
    assert Release.objects.get().summary == "A demo"


def test_display_name_is_the_spelling_uploaded_last(ada: User) -> None:
    upload(wheel("Fancy.Name", "1.0"), ada)
    assert Project.objects.get().name == "Fancy.Name"
    assert b">Fancy.Name<" in ask("/simple/").body
    upload(wheel("fancy_name", "2.0"), ada)
    assert b">fancy_name<" in ask("/simple/").body
    project = Project.objects.get()
    assert (project.name, project.normalized_name) == ("fancy_name", "fancy-name")


def test_same_file_again_changes_nothing(ada: User, name: str) -> None:
    built = wheel(name)
    upload(built, ada)
    serial = Project.objects.get().serial
    assert upload(built, ada).status_code == 200
    assert (File.objects.count(), Project.objects.get().serial) == (1, serial)
    assert Event.objects.filter(tag="project:file:add").count() == 1


def test_maintainer_may_publish(ada: User, name: str) -> None:
    upload(wheel(name), ada)
    grace = make_user("grace")
    Role.objects.create(project=Project.objects.get(), user=grace, role="maintainer")
    assert upload(sdist(name), grace).status_code == 200
    assert File.objects.get(packagetype="sdist").uploaded_by == grace


def test_password_is_enough_with_two_factor_on(ada: User, name: str) -> None:
    turn_on_totp(ada)
    assert upload(wheel(name), ada).status_code == 200
    added = Event.objects.get(tag="project:file:add")
    assert added.data["second_factor"] is True


@pytest.mark.parametrize("who", ["ADA", "ada@example.com"])
def test_username_in_any_case_or_address_opens_the_upload(
    ada: User, name: str, who: str
) -> None:
    assert upload(wheel(name), who).status_code == 200


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_password_is_read_in_both_encodings_clients_use(
    name: str, encoding: str
) -> None:
    password = "hôtel: garçon naïve façade"
    make_user("zoe", password=password)
    header = basic("zoe", password, encoding)
    response = post(form_for(wheel(name)), "", HTTP_AUTHORIZATION=header)
    assert response.status_code == 200


def test_action_may_stand_in_the_query(ada: User, name: str) -> None:
    form = form_for(wheel(name), **{":action": None})
    assert post(form, ada, path="/legacy/?:action=file_upload").status_code == 200


def test_large_file_arrives_whole(ada: User, name: str, settings: Settings) -> None:
    built = wheel(name, files={"data/noise": NOISE * 300})
    assert upload(built, ada).status_code == 200
    assert (Path(settings.FILES_DIR) / built.path).read_bytes() == built.data


# --- Who is refused ------------------------------------------------------------------


def test_wrong_password_is_refused(ada: User, name: str) -> None:
    message = said(upload(wheel(name), ada, "wrong horse battery"), 403)
    assert "do not belong together" in message
    assert not Project.objects.exists()
    assert Event.objects.get(tag="account:session:refuse").data["via"] == "upload"


def test_unknown_name_is_told_the_same(ada: User, name: str) -> None:
    known = said(upload(wheel(name), ada, "wrong horse battery"), 403)
    assert said(upload(wheel(name), "nobody", "wrong horse battery"), 403) == known


def test_too_many_wrong_passwords_are_429(
    ada: User, name: str, settings: Settings
) -> None:
    for _ in range(settings.LIMITS["sign-in-account"][0]):
        said(upload(wheel(name), ada, "wrong horse battery"), 403)
    response = upload(wheel(name), ada)
    assert "Too many attempts" in said(response, 429)
    assert 0 < int(response["Retry-After"]) <= settings.LIMITS["sign-in-account"][1]


@pytest.mark.parametrize(
    ("header", "status"),
    [
        ("", 403),
        ("Basic", 400),
        ("Basic ", 400),
        ("Basic !!!", 400),
        ("Basic YWRh", 400),
        ("Basic YWRhOg==", 403),
        ("Basic OnBhc3M=", 403),
        ("Basic YQBiOnBhc3M=", 400),
        ("Bearer pypi-abc", 400),
        ("Digest username=ada", 400),
        ("Basic " + "QUFB" * 5000, 400),
        (f"{basic('ada')},{basic('ada')}", 400),
        (f"{basic('ada')} {basic('ada')}", 400),
        (basic("__token__", "pypi-abc"), 403),
    ],
)
def test_header_that_names_nobody_costs_no_hash(
    ada: User,
    name: str,
    header: str,
    status: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def judged(*_: object, **__: object) -> None:
        pytest.fail("a password was judged")

    monkeypatch.setattr("packages.basic_auth.check_password", judged)
    said(post(form_for(wheel(name)), "", HTTP_AUTHORIZATION=header), status)


def test_frozen_account_is_refused_after_its_password(name: str) -> None:
    make_user("frozen", is_active=False)
    assert "frozen" in said(upload(wheel(name), "frozen"), 403)
    wrong = said(upload(wheel(name), "frozen", "wrong horse battery"), 403)
    assert "frozen" not in wrong


def test_web_session_opens_no_upload(ada: User, name: str) -> None:
    client = Client()
    client.force_login(ada)
    form = form_for(wheel(name))
    response = client.post("/legacy/", data=form.body, content_type=form.content_type)
    assert response.status_code == 403
    assert not response.cookies
    assert not Project.objects.exists()


def test_unverified_address_is_refused(name: str) -> None:
    grace = make_user("grace", verified=False)
    message = said(upload(wheel(name), grace), 403)
    assert "does not have a verified primary" in message
    assert Event.objects.get(tag="project:file:deny").account == grace


def test_outsider_is_refused_and_learns_nothing_else(ada: User, name: str) -> None:
    upload(wheel(name), ada)
    grace = make_user("grace", verified=False)
    expected = f"The user 'grace' isn't allowed to upload to project '{name}'."
    tries = [
        upload(wheel(name), grace),
        upload(wheel(name, salt="other"), grace),
        upload(wheel(name, "2.0"), grace),
        upload(wheel(name).renamed("../x.whl"), grace),
        upload(sdist(name).with_data(b"junk"), grace),
    ]
    assert [said(response, 403) for response in tries] == [expected] * len(tries)
    assert File.objects.count() == 1
    assert Event.objects.filter(tag="project:file:deny").count() == len(tries)


@pytest.mark.parametrize("status", ["archived", "quarantined"])
def test_closed_project_takes_no_files(ada: User, name: str, status: str) -> None:
    upload(wheel(name), ada)
    Project.objects.update(status=status)
    assert "takes no files" in said(upload(sdist(name), ada), 403)


@pytest.mark.parametrize(
    "change", [{"is_active": False}, {"security_stamp": "changed"}]
)
def test_account_that_changed_meanwhile_publishes_nothing(
    ada: User, name: str, change: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    place = storage.place

    def freeze(*arguments: Any) -> None:
        place(*arguments)
        User.objects.filter(pk=ada.pk).update(**change)

    monkeypatch.setattr(storage, "place", freeze)
    assert "account changed" in said(upload(wheel(name), ada), 403)
    assert not Project.objects.exists()


# --- What is refused -----------------------------------------------------------------


def test_other_bytes_under_a_taken_name_are_refused(ada: User, name: str) -> None:
    first = wheel(name)
    upload(first, ada)
    message = said(upload(wheel(name, salt="other"), ada), 400)
    assert message.startswith(f"File already exists ('{first.filename}'")
    assert first.blake2b in message


def test_same_bytes_under_another_name_are_refused(ada: User, name: str) -> None:
    first = wheel(name)
    upload(first, ada)
    renamed = first.renamed(first.filename.replace("py3-none", "py2.py3-none"))
    message = said(upload(renamed, ada), 400)
    assert message.startswith(f"File already exists ('{first.filename}'")


def test_second_sdist_is_refused(ada: User, name: str) -> None:
    upload(sdist(name, "1.0"), ada)
    message = said(upload(sdist(name, "1.0.0"), ada), 400)
    assert "Only one sdist" in message


def test_name_of_the_standard_library_is_refused(ada: User) -> None:
    assert "standard library" in said(upload(wheel("json"), ada), 400)
    assert not Project.objects.exists()


def test_name_that_reads_like_another_is_refused(ada: User) -> None:
    upload(wheel("look-alike"), ada)
    message = said(upload(wheel("l00k.a1ike"), ada), 400)
    assert "too similar to the existing project 'look-alike'" in message
    assert Project.objects.count() == 1


def test_too_many_new_projects_are_429(ada: User, settings: Settings) -> None:
    settings.LIMITS = {**settings.LIMITS, "project-create-user": (2, 3600)}
    assert upload(wheel("alpha-one"), ada).status_code == 200
    assert upload(wheel("alpha-one", "2.0"), ada).status_code == 200
    assert upload(wheel("beta-two"), ada).status_code == 200
    response = upload(wheel("gamma-three"), ada)
    said(response, 429)
    assert response["Retry-After"]
    assert Project.objects.count() == 2


def test_refused_new_project_costs_no_hit(ada: User, settings: Settings) -> None:
    settings.LIMITS = {**settings.LIMITS, "project-create-user": (1, 3600)}
    said(upload(wheel("alpha-one"), ada, sha256_digest="0" * 64), 400)
    said(upload(wheel("json"), ada), 400)
    assert upload(wheel("alpha-one"), ada).status_code == 200


def bad_forms() -> dict[str, tuple[Form, int, str]]:
    built = wheel("demo-thing")

    def changed(**fields: str | None) -> Form:
        return form_for(built, **fields)

    def of(other: Built) -> Form:
        return form_for(other)

    return {
        "no action": (changed(**{":action": None}), 400, "Unknown action"),
        "unknown action": (changed(**{":action": "verify"}), 400, "Unknown action"),
        "submit": (changed(**{":action": "submit"}), 410, "no registration"),
        "doc_upload": (changed(**{":action": "doc_upload"}), 410, "documentation"),
        "protocol": (changed(protocol_version="2"), 400, "protocol version"),
        "bad name": (changed(name="demo thing"), 400, "not a project name"),
        "no name": (changed(name=None), 400, "name is required"),
        "bad version": (changed(version="one"), 400, "PEP 440"),
        "local version": (changed(version="1.0+me"), 400, "local versions"),
        "other version": (changed(version="1.1"), 400, "is not of version 1.1"),
        "other name": (changed(name="other"), 400, "must begin with 'other-'"),
        "egg": (changed(filetype="bdist_egg"), 400, "filetype"),
        "no digest": (
            changed(sha256_digest=None, blake2_256_digest=None),
            400,
            "At least one digest",
        ),
        "wrong sha256": (changed(sha256_digest="0" * 64), 400, "does not match"),
        "wrong blake2": (changed(blake2_256_digest="0" * 64), 400, "does not match"),
        "wrong md5": (changed(md5_digest="0" * 32), 400, "does not match"),
        "attestations": (changed(attestations="[{}]"), 400, "--no-attestations"),
        "folder in the filename": (
            of(built.renamed("../demo_thing-1.0-py3-none-any.whl")),
            400,
            "no folder",
        ),
        "platform": (of(wheel("demo-thing", tag="py3-none-linux_x86_64")), 400, "tag"),
        "zip sdist": (
            of(sdist("demo-thing").renamed("demo_thing-1.0.zip")),
            400,
            "must end in .tar.gz",
        ),
        "no archive": (of(built.with_data(b"hello")), 400, "Invalid distribution file"),
        "no archive either": (
            of(sdist("demo-thing").with_data(b"hello")),
            400,
            "Invalid distribution file",
        ),
        "metadata of another": (
            of(wheel("demo-thing", about=metadata("other"))),
            400,
            "names the project 'other'",
        ),
        "private classifier": (
            of(
                wheel(
                    "demo-thing",
                    about=metadata("demo-thing", extra="Classifier: Private :: X"),
                )
            ),
            400,
            "not a known classifier",
        ),
        "direct dependency": (
            of(
                wheel(
                    "demo-thing",
                    about=metadata("demo-thing", extra="Requires-Dist: a @ file:///a"),
                )
            ),
            400,
            "direct dependency",
        ),
        "no file": (Form().text(":action", "file_upload"), 400, "does not have a file"),
        "two files": (of(built).file("content", "b.whl", b""), 400, "one file"),
        "text as file": (of(built).file("summary", "a.txt", b""), 400, "as text"),
        "signature": (of(built).file("gpg_signature", "a", b""), 400, "signing"),
        "repeated": (of(built).text("name", "demo-thing"), 400, "more than once"),
        "bad UTF-8": (of(built).text("summary", b"\xff"), 400, "UTF-8"),
        "large text": (
            of(built).text("description", "x" * 5_000_000),
            413,
            "text fields",
        ),
    }


@pytest.mark.parametrize("case", bad_forms())
def test_bad_form_is_refused_in_three_places(ada: User, case: str) -> None:
    form, status, words = bad_forms()[case]
    message = said(post(form, ada), status)
    assert words in message
    spoken = post(form, ada, HTTP_ACCEPT=UV_ACCEPT)
    assert spoken["Content-Type"] == "application/json"
    assert spoken.reason_phrase == message[:400]
    told = json.loads(spoken.content)
    assert told["message"] == message
    assert told["code"] == f"{status} {message}"
    assert set(told) == {"message", "code", "title"}
    assert not Project.objects.exists()


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data", b"--a--\r\n"),
        ("multipart/form-data; boundary=a", b"--a\r\n"),
        ("multipart/form-data; boundary=a", b"\0" * 1000),
        ("application/x-www-form-urlencoded", b":action=file_upload&name=a"),
        ("application/json", b"{}"),
        ("text/plain", b"hello"),
        ("", b"hello"),
    ],
)
def test_body_that_is_no_form_is_refused(
    ada: User, content_type: str, body: bytes
) -> None:
    response: Any = Client().generic(
        "POST",
        "/legacy/",
        body,
        content_type=content_type,
        HTTP_AUTHORIZATION=basic("ada"),
    )
    said(response, 400)


def test_nul_in_a_field_is_no_error(ada: User, name: str) -> None:
    assert upload(wheel(name), ada, comment="a\0b").status_code == 200
    assert File.objects.get().comment == "a\\x00b"


def test_file_over_the_limit_is_refused(
    ada: User, name: str, settings: Settings
) -> None:
    settings.UPLOAD_MAX_FILE_BYTES = 5000
    assert upload(wheel(name, files={"noise": NOISE[:3000]}), ada).status_code == 200
    large = wheel(name, "2.0", files={"noise": NOISE[:6000]})
    assert "File too large" in said(upload(large, ada), 413)
    settings.UPLOAD_MAX_FILE_BYTES = len(large.data)
    assert upload(large, ada).status_code == 200


def test_length_over_the_limit_is_refused_before_the_password(
    ada: User, name: str, settings: Settings
) -> None:
    settings.UPLOAD_MAX_FILE_BYTES = 10
    settings.UPLOAD_MAX_FORM_BYTES = 10
    form = form_for(wheel(name, files={"noise": bytes(5_000_000)}))
    form.text("padding", "x" * 5_000_000)
    assert "File too large" in said(post(form, ada, "wrong horse battery"), 413)
    assert not Event.objects.exists()


def test_chunked_request_is_told_to_send_a_length(ada: User, name: str) -> None:
    response = post(form_for(wheel(name)), ada, HTTP_TRANSFER_ENCODING="chunked")
    assert "Content-Length" in said(response, 411)


def test_request_without_length_is_told_to_send_one(ada: User) -> None:
    response: Any = Client().generic("POST", "/legacy/", b"")
    assert "Content-Length" in said(response, 411)


# --- Faults --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (OSError(28, "No space left on device"), 507),
        (OSError(122, "Disk quota exceeded"), 507),
        (OSError(5, "Input/output error"), 503),
        (OSError(30, "Read-only file system"), 503),
    ],
)
@pytest.mark.parametrize("where", ["fsync", "replace"])
def test_disk_that_fails_stores_nothing(
    ada: User,
    name: str,
    fault: OSError,
    status: int,
    where: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object) -> None:
        raise fault

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync" if where == "fsync" else "pathlib.Path.replace", fail)
        response = upload(wheel(name), ada)
    said(response, status)
    assert response["Retry-After"]
    assert not Project.objects.exists()
    assert upload(wheel(name), ada).status_code == 200


def test_full_disk_while_receiving_stores_nothing(
    ada: User, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(storage.Incoming, "write", fail)
    said(upload(wheel(name), ada), 507)


def test_database_that_fails_stores_nothing(
    ada: User, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        message = "database is locked"
        raise OperationalError(message)

    with monkeypatch.context() as patch:
        patch.setattr(projection, "project_changed", fail)
        response = upload(wheel(name), ada)
    said(response, 503)
    assert response["Retry-After"]
    assert not Project.objects.exists()
    assert not OutgoingMail.objects.exists()
    assert upload(wheel(name), ada).status_code == 200


# --- The address ---------------------------------------------------------------------


def test_person_who_looks_in_is_told_what_it_is() -> None:
    for path in ("/legacy/", "/legacy/?:action=file_upload"):
        response = Client().get(path)
        assert response.status_code == 200
        assert b"<h1>Where packages are uploaded</h1>" in response.content
        assert not response.cookies
    assert Client().head("/legacy/").status_code == 200


def test_missing_slash_is_308_and_absolute(settings: Settings, name: str) -> None:
    form = form_for(wheel(name))
    response = post(form, "ada", path="/legacy?a=b", HTTP_HOST="127.0.0.1")
    assert response.status_code == 308
    assert response["Location"] == f"{settings.BASE_URL}/legacy/?a=b"


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_other_methods_are_405(method: str) -> None:
    response = Client().generic(method, "/legacy/")
    assert response.status_code == 405
    assert "POST" in response["Allow"]


def test_upload_reads_no_cookie(ada: User, name: str) -> None:
    client = Client()
    client.cookies["gatehouse-session"] = "nonsense"
    form = form_for(wheel(name))
    response = client.post(
        "/legacy/",
        data=form.body,
        content_type=form.content_type,
        HTTP_AUTHORIZATION=basic("ada", PASSWORD),
    )
    assert response.status_code == 200
    assert not response.cookies
    assert "Cookie" not in response.get("Vary", "")
