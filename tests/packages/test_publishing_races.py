"""Uploads at the same moment, from parallel connections to the real database."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.db import connection
from django.http import HttpResponse
from pytest_django import Settings

from accounts.models import Event, User
from packages import storage
from packages.models import File, Project, Release, Role
from tests.factories import make_user
from tests.packages.builders import Built, sdist, unused_name, upload, wheel

pytestmark = pytest.mark.django_db(transaction=True)


def together(calls: list[Callable[[], HttpResponse]]) -> list[HttpResponse]:
    """Make all calls at once, each on a connection of its own."""
    barrier = threading.Barrier(len(calls))

    def run(call: Callable[[], HttpResponse]) -> HttpResponse:
        barrier.wait()
        try:
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def upload_together(pairs: list[tuple[Built, User]]) -> list[HttpResponse]:
    return together(
        [lambda built=built, user=user: upload(built, user) for built, user in pairs]  # type: ignore[misc]
    )


def statuses(responses: list[HttpResponse]) -> list[int]:
    return sorted(response.status_code for response in responses)


def stored(settings: Settings) -> list[str]:
    root = Path(settings.FILES_DIR)
    return sorted(
        path.relative_to(root).as_posix()
        for path in root.rglob("*")
        if path.is_file() and path.suffix != storage.METADATA_SUFFIX
    )


@pytest.fixture(autouse=True)
def _roomy(settings: Settings) -> None:
    roomy = dict.fromkeys(settings.LIMITS, (1000, 60))
    settings.LIMITS = roomy


@pytest.mark.parametrize("known", [False, True])
def test_one_filename_with_different_bytes_is_taken_once(
    known: bool, settings: Settings
) -> None:
    ada, name = make_user("ada"), unused_name()
    if known:
        upload(sdist(name, "0.1"), ada)
    built = [wheel(name, salt=str(number)) for number in range(10)]
    responses = upload_together([(one, ada) for one in built])
    assert statuses(responses) == [200] + [400] * 9
    refused = [r.content.decode() for r in responses if r.status_code == 400]
    assert all(text.startswith("File already exists") for text in refused)
    winner = built[[r.status_code for r in responses].index(200)]
    file = File.objects.get(packagetype="bdist_wheel")
    assert file.sha256 == winner.sha256
    assert (Path(settings.FILES_DIR) / file.path).read_bytes() == winner.data
    assert len(stored(settings)) == File.objects.count()


def test_the_same_file_at_once_is_stored_once(settings: Settings) -> None:
    ada = make_user("ada")
    built = wheel(unused_name())
    responses = upload_together([(built, ada)] * 10)
    assert statuses(responses) == [200] * 10
    assert (Path(settings.FILES_DIR) / built.path).read_bytes() == built.data
    assert stored(settings) == [File.objects.get().path]
    assert Event.objects.filter(tag="project:file:add").count() == 1


def test_two_first_uploads_make_one_owner() -> None:
    people = [make_user(name) for name in ("ada", "grace", "joan", "mary")]
    name = unused_name()
    pairs = [(wheel(name, f"{n}.0"), person) for n, person in enumerate(people)]
    responses = upload_together(pairs)
    assert statuses(responses) == [200, 403, 403, 403]
    owner = Role.objects.get(role=Role.Kind.OWNER).user
    assert people[[r.status_code for r in responses].index(200)] == owner
    assert (Project.objects.count(), Release.objects.count()) == (1, 1)
    assert File.objects.get().uploaded_by == owner
    assert Event.objects.filter(tag="project:create").count() == 1


def test_many_files_of_one_release_are_all_taken() -> None:
    ada, name = make_user("ada"), unused_name()
    built = [wheel(name, tag=f"cp3{n}-none-any") for n in range(9)] + [sdist(name)]
    assert statuses(upload_together([(one, ada) for one in built])) == [200] * 10
    assert Release.objects.get().files.count() == 10
    assert Project.objects.get().serial == 10


def test_two_sdists_of_one_release_are_one() -> None:
    ada, name = make_user("ada"), unused_name()
    upload(wheel(name), ada)
    built = [sdist(name, version) for version in ("1.0", "1.0.0", "1.0.0.0", "1")]
    assert statuses(upload_together([(b, ada) for b in built])) == [200, 400, 400, 400]
    assert File.objects.filter(packagetype="sdist").count() == 1


def test_freeze_during_an_upload_comes_before_or_after() -> None:
    ada, name = make_user("ada"), unused_name()

    def freeze() -> HttpResponse:
        User.objects.filter(pk=ada.pk).update(is_active=False)
        return HttpResponse()

    answer, _frozen = together([lambda: upload(wheel(name), ada), freeze])
    assert answer.status_code in {200, 403}
    assert File.objects.count() == (1 if answer.status_code == 200 else 0)


def test_refused_twin_leaves_the_file_of_the_accepted(settings: Settings) -> None:
    """One of two equal files is refused while the other is being published."""
    ada, grace = make_user("ada"), make_user("grace")
    for _ in range(5):
        name = unused_name()
        built = wheel(name)
        responses = upload_together([(built, ada), (built, grace)] * 2)
        assert statuses(responses) == [200, 200, 403, 403]
        assert (Path(settings.FILES_DIR) / built.path).read_bytes() == built.data
