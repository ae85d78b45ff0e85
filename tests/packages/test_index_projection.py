"""Pages stay true: through rollbacks, races, rebuilds and a change of address."""

import json
import threading
from collections.abc import Callable
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection, transaction
from pytest_django import Settings

from packages.index import pages, projection, reading
from packages.index.reading import Wanted
from packages.models import IndexState, Project, StoredPage
from tests.packages.serving import (
    V1_JSON,
    add_file,
    add_release,
    ask,
    make_project,
    publish,
)


def filenames(path: str = "/simple/hello/") -> list[str]:
    page = json.loads(ask(path, accept=V1_JSON).body)
    return [file["filename"] for file in page["files"]]


def alongside(work: Callable[[], None]) -> threading.Thread:
    """Run ``work`` in a thread with a connection of its own."""

    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


@pytest.mark.django_db(transaction=True)
def test_announcing_a_change_outside_its_transaction_is_a_mistake() -> None:
    project = make_project()
    with pytest.raises(transaction.TransactionManagementError):
        projection.project_changed(project)
    with pytest.raises(transaction.TransactionManagementError):
        projection.project_list_changed()


@pytest.mark.django_db(transaction=True)
def test_a_change_that_is_rolled_back_leaves_the_page() -> None:
    file = publish()
    before = ask("/simple/hello/")

    @transaction.atomic
    def fail() -> None:
        add_file(add_release(file.release.project, "2.0"))
        projection.project_changed(file.release.project)
        projection.project_list_changed()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert ask("/simple/hello/") == before


@pytest.mark.django_db(transaction=True)
def test_a_reader_sees_the_page_before_or_after_but_never_between() -> None:
    file = publish()
    written, seen = threading.Event(), threading.Event()

    def write() -> None:
        with transaction.atomic():
            add_file(add_release(file.release.project, "2.0"))
            projection.project_changed(file.release.project)
            written.set()
            assert seen.wait(30)

    writer = alongside(write)
    assert written.wait(30)
    during = filenames()
    seen.set()
    writer.join(30)
    assert during == ["hello-1.0-py3-none-any.whl"]
    assert filenames() == ["hello-1.0-py3-none-any.whl", "hello-2.0-py3-none-any.whl"]


@pytest.mark.django_db(transaction=True)
def test_two_uploads_into_one_project_both_appear() -> None:
    project = make_project()
    barrier = threading.Barrier(4)

    def upload(version: str) -> Callable[[], None]:
        def write() -> None:
            barrier.wait(30)
            with transaction.atomic():
                add_file(add_release(project, version))
                projection.project_changed(project)

        return write

    for thread in [alongside(upload(f"1.{n}")) for n in range(4)]:
        thread.join(60)
    assert len(filenames()) == 4
    assert Project.objects.get().serial == 5


@pytest.mark.django_db(transaction=True)
def test_the_second_of_two_uploads_shows_the_first_as_well() -> None:
    project = make_project()
    told, second_begun = threading.Event(), threading.Event()

    def first() -> None:
        with transaction.atomic():
            add_file(add_release(project, "1.0"))
            projection.project_changed(project)
            told.set()
            second_begun.wait(30)

    def second() -> None:
        assert told.wait(30)
        if connection.vendor == "sqlite":  # one writer at a time: it cannot begin
            second_begun.set()
        with transaction.atomic():
            add_file(add_release(project, "2.0"))
            second_begun.set()
            projection.project_changed(project)

    for thread in [alongside(first), alongside(second)]:
        thread.join(60)
    assert len(filenames()) == 2


@pytest.mark.django_db(transaction=True)
def test_projects_created_at_once_are_all_listed() -> None:
    barrier = threading.Barrier(4)

    def create(name: str) -> Callable[[], None]:
        def write() -> None:
            barrier.wait(30)
            make_project(name)
            ask("/simple/")

        return write

    for thread in [alongside(create(f"project-{n}")) for n in range(4)]:
        thread.join(60)
    listed = json.loads(ask("/simple/", accept=V1_JSON).body)["projects"]
    assert len(listed) == 4


@pytest.mark.django_db
def test_a_page_built_from_an_older_state_never_replaces_a_newer_one() -> None:
    newer, older = pages.packed(b"newer"), pages.packed(b"older")
    pages.put_newer("simple/", "html", newer, 5)
    pages.put_newer("simple/", "html", older, 4)
    pages.put_newer("simple/", "html", older, 5)
    assert bytes(StoredPage.objects.get().body) == b"newer"
    pages.put_newer("simple/", "html", pages.packed(b"newest"), 6)
    assert bytes(StoredPage.objects.get().body) == b"newest"


@pytest.mark.django_db
def test_a_page_that_cannot_be_stored_is_sent_all_the_same(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    make_project()

    def locked(*_: object) -> None:
        message = "database is locked"
        raise OperationalError(message)

    monkeypatch.setattr(pages, "put_newer", locked)
    assert "hello" in ask("/simple/").text
    assert not StoredPage.objects.filter(path="simple/").exists()
    assert "could not be stored" in caplog.text


@pytest.mark.django_db
def test_the_body_stays_in_the_database_when_the_client_holds_it() -> None:
    publish()
    found = reading.simple_project("hello", "html", Wanted())
    assert found is not None
    assert found.body
    again = reading.simple_project("hello", "html", Wanted(known=found.etag))
    assert again is not None
    assert again.body is None


@pytest.mark.django_db
def test_rebuilding_heals_what_was_damaged() -> None:
    file = publish()
    make_project("other")
    json_page = ask("/pypi/hello/json")
    before = ask("/simple/hello/")
    StoredPage.objects.update(body=b"damaged", gzip=b"", etag="0" * 32)
    StoredPage.objects.create(path="simple/ghost/", representation="html", body=b"x")
    out = StringIO()
    call_command("rebuild_index", stdout=out)
    assert "2 projects" in out.getvalue()
    # The same bytes, so that nobody has to fetch them again.
    assert ask("/simple/hello/") == before
    assert ask("/pypi/hello/json") == json_page
    assert ask("/simple/ghost/").status == 404
    assert "damaged" not in ask("/simple/").text
    assert file.filename in ask("/simple/hello/").text


@pytest.mark.django_db
def test_pages_are_written_anew_for_another_address(settings: Settings) -> None:
    publish()
    projection.ensure_current()
    assert projection.ensure_current() is False
    settings.BASE_URL = "https://packages.example.com"
    assert "http://localhost:8000/packages/" in ask("/simple/hello/").text
    assert projection.ensure_current() is True
    assert "https://packages.example.com/packages/" in ask("/simple/hello/").text
    assert "https://packages.example.com/" in ask("/pypi/hello/json").text
    assert projection.ensure_current() is False


@pytest.mark.django_db
def test_pages_are_written_anew_for_another_layout(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    projection.ensure_current()
    monkeypatch.setattr(projection, "LAYOUT", projection.LAYOUT + 1)
    assert projection.ensure_current() is True
    assert IndexState.objects.get().base_url.endswith(f"#{projection.LAYOUT}")


@pytest.mark.django_db
def test_a_new_instance_needs_no_rebuild_twice() -> None:
    assert projection.ensure_current() is True
    assert projection.ensure_current() is False
    assert ask("/simple/").status == 200


@pytest.mark.django_db
def test_a_removed_project_is_gone() -> None:
    file = publish()
    ask("/pypi/hello/json")
    ask("/simple/")
    with transaction.atomic():
        file.release.project.delete()
        projection.project_removed("hello")
    for path in ("/simple/hello/", "/pypi/hello/json", f"/packages/{file.path}"):
        assert ask(path).status == 404
    assert "hello" not in ask("/simple/").text
