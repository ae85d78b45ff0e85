"""What installers are told when the database is in trouble."""

from collections.abc import Callable

import pytest
from django.db import (
    DataError,
    InterfaceError,
    OperationalError,
    connection,
    connections,
)

from packages.index import reading
from tests.packages.serving import ask, publish

PATHS = ["/simple/", "/simple/hello/", "/pypi/hello/json", "/pypi/hello/1.0/json"]


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Callable[[Exception, int], None]:
    """Have the next queries for pages and files fail."""

    def fail(error: Exception, times: int) -> None:
        left = [times]

        def broken(real: Callable[..., object]) -> Callable[..., object]:
            def fetch(*args: object, **kwargs: object) -> object:
                if left[0]:
                    left[0] -= 1
                    raise error
                return real(*args, **kwargs)

            return fetch

        monkeypatch.setattr(reading, "_fetch", broken(reading._fetch))
        monkeypatch.setattr(reading, "file", broken(reading.file))

    return fail


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("error", [OperationalError("gone"), InterfaceError("closed")])
def test_a_connection_that_died_is_replaced(
    failing: Callable[[Exception, int], None], error: Exception
) -> None:
    file = publish()
    for path in [*PATHS, f"/packages/{file.path}"]:
        failing(error, 1)
        assert ask(path).status == 200


@pytest.mark.django_db(transaction=True)
def test_a_database_that_stays_away_is_told_as_such(
    failing: Callable[[Exception, int], None], caplog: pytest.LogCaptureFixture
) -> None:
    file = publish()
    for path in [*PATHS, f"/packages/{file.path}"]:
        failing(OperationalError("gone"), 2)
        reply = ask(path)
        assert (reply.status, reply.body) == (503, b"503 Service Unavailable\n")
        assert reply.headers["retry-after"] == "5"
        assert reply.headers["cache-control"] == "no-store"
        assert "gone" not in reply.text
    assert "could not be read" in caplog.text
    assert ask("/simple/hello/").status == 200


@pytest.mark.django_db
def test_another_fault_of_the_database_is_not_asked_twice(
    failing: Callable[[Exception, int], None],
) -> None:
    failing(DataError("no"), 1)
    assert ask("/simple/hello/").status == 503


@pytest.mark.django_db(transaction=True)
def test_no_transaction_and_no_spent_connection_stays_behind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    publish()
    assert ask("/simple/hello/").status == 200
    assert connection.get_autocommit()
    assert not connection.in_atomic_block
    # A pool wants its connection back as soon as the answer is known.
    connection.close()
    monkeypatch.setitem(connections["default"].settings_dict, "CONN_MAX_AGE", 0)
    assert ask("/simple/hello/").status == 200
    assert connection.connection is None
