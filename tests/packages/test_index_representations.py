"""What the pages say, and that nothing a publisher writes breaks out of them."""

import json
from datetime import UTC, datetime, timedelta, timezone
from html.parser import HTMLParser
from typing import Any

import pytest

from packages.index import json_api
from packages.index import representations as pages

HOSTILE = """'"><script>alert(1)</script>&amp;<!--]]>\u2028\r\n<a href=x>"""


def make_file(**fields: Any) -> pages.FileRecord:
    values: dict[str, Any] = {
        "filename": "hello-1.0-py3-none-any.whl",
        "url": "http://localhost:8000/packages/aa/bb/cc/hello-1.0-py3-none-any.whl",
        "sha256": "ab" * 32,
        "size": 1234,
        "uploaded_at": datetime(2026, 3, 4, 5, 6, 7, 89, tzinfo=UTC),
        "requires_python": ">=3.9,<4",
        "metadata_sha256": "cd" * 32,
        "yanked": False,
        "yanked_reason": "",
    }
    return pages.FileRecord(**values | fields)


def make_page(*files: pages.FileRecord, **fields: Any) -> pages.ProjectRecord:
    values: dict[str, Any] = {
        "name": "hello",
        "status": "active",
        "serial": 7,
        "versions": ("1.0",),
        "files": files,
    }
    return pages.ProjectRecord(**values | fields)


class Anchors(HTMLParser):
    """Collects what an installer reads from an HTML page."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.anchors: list[dict[str, str | None]] = []
        self.texts: list[str] = []
        self.metas: dict[str | None, str | None] = {}
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag == "a":
            self.anchors.append(dict(attrs))
            self.texts.append("")
        if tag == "meta":
            self.metas[dict(attrs).get("name")] = dict(attrs).get("content")

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1] == "a":
            self.texts[-1] += data


def test_json_page_of_a_project() -> None:
    assert json.loads(pages.project_json(make_page(make_file()))) == {
        "meta": {"_last-serial": 7, "api-version": "1.4"},
        "name": "hello",
        "project-status": {"status": "active"},
        "versions": ["1.0"],
        "files": [
            {
                "filename": "hello-1.0-py3-none-any.whl",
                "url": make_file().url,
                "hashes": {"sha256": "ab" * 32},
                "requires-python": ">=3.9,<4",
                "size": 1234,
                "upload-time": "2026-03-04T05:06:07.000089Z",
                "yanked": False,
                "core-metadata": {"sha256": "cd" * 32},
                "data-dist-info-metadata": {"sha256": "cd" * 32},
            }
        ],
    }


def test_json_is_compact_sorted_and_ends_with_a_newline() -> None:
    page = pages.project_json(make_page(make_file()))
    again = json.dumps(json.loads(page), sort_keys=True, separators=(",", ":"))
    assert page == f"{again}\n".encode()


def test_what_is_not_known_is_null_or_false_but_never_in_a_required_place() -> None:
    file = make_file(requires_python="", metadata_sha256="")
    (told,) = json.loads(pages.project_json(make_page(file)))["files"]
    assert told["requires-python"] is None
    assert told["core-metadata"] is False
    assert told["data-dist-info-metadata"] is False
    # uv refuses a page with a null in one of these.
    assert None not in (told["size"], told["upload-time"], told["yanked"])


@pytest.mark.parametrize(
    ("yanked", "reason", "expected"),
    [
        (False, "", False),
        (False, "left over", False),
        (True, "", True),
        (True, "broken", "broken"),
    ],
)
def test_yanked_is_a_boolean_or_a_reason(
    yanked: bool, reason: str, expected: bool | str
) -> None:
    file = make_file(yanked=yanked, yanked_reason=reason)
    (told,) = json.loads(pages.project_json(make_page(file)))["files"]
    assert told["yanked"] == expected
    (anchor,) = Anchors(pages.project_html(make_page(file))).anchors
    assert anchor.get("data-yanked") == (reason if yanked else None)


def test_times_are_told_in_utc() -> None:
    there = timezone(timedelta(hours=5, minutes=30))
    moment = datetime(2026, 3, 4, 5, 6, 7, tzinfo=there)
    assert pages.instant(moment) == "2026-03-03T23:36:07.000000Z"


def test_html_page_of_a_project() -> None:
    page = Anchors(pages.project_html(make_page(make_file())))
    assert page.metas["pypi:repository-version"] == "1.4"
    assert page.metas["pypi:project-status"] == "active"
    assert page.texts == ["hello-1.0-py3-none-any.whl"]
    assert page.anchors == [
        {
            "href": f"{make_file().url}#sha256={'ab' * 32}",
            "data-requires-python": ">=3.9,<4",
            "data-dist-info-metadata": f"sha256={'cd' * 32}",
            "data-core-metadata": f"sha256={'cd' * 32}",
        }
    ]


def test_html_escapes_the_way_old_installers_expect() -> None:
    page = pages.project_html(make_page(make_file())).decode()
    assert 'data-requires-python="&gt;=3.9,&lt;4"' in page
    assert page.endswith("<!--SERIAL 7-->\n")


def test_html_leaves_out_what_is_not_known() -> None:
    file = make_file(requires_python="", metadata_sha256="")
    (anchor,) = Anchors(pages.project_html(make_page(file))).anchors
    assert list(anchor) == ["href"]


def test_a_page_without_files_is_still_a_page() -> None:
    page = make_page(versions=())
    assert json.loads(pages.project_json(page))["files"] == []
    assert Anchors(pages.project_html(page)).anchors == []


@pytest.mark.parametrize(
    "field", ["filename", "url", "requires_python", "yanked_reason"]
)
def test_no_field_of_a_file_breaks_out_of_the_page(field: str) -> None:
    file = make_file(yanked=True, **{field: HOSTILE})
    page = Anchors(pages.project_html(make_page(file, file)))
    assert page.tags == Anchors(pages.project_html(make_page(*[make_file()] * 2))).tags
    assert json.loads(pages.project_json(make_page(file)))["files"]
    shown = {"filename": page.texts[0], "yanked_reason": page.anchors[0]["data-yanked"]}
    if field in shown:
        assert shown[field] == HOSTILE


@pytest.mark.parametrize("field", ["name", "status"])
def test_no_field_of_a_project_breaks_out_of_the_page(field: str) -> None:
    page = Anchors(pages.project_html(make_page(**{field: HOSTILE})))
    assert page.tags == Anchors(pages.project_html(make_page())).tags


def test_a_damaged_character_does_not_break_the_page() -> None:
    file = make_file(yanked=True, yanked_reason="half \ud800")
    assert b"half ?" in pages.project_html(make_page(file))
    assert json.loads(pages.project_json(make_page(file)))["files"]


def test_list_of_projects() -> None:
    projects = [
        pages.ListedProject(name="Foo.Bar", normalized_name="foo-bar"),
        pages.ListedProject(name=HOSTILE, normalized_name="x"),
    ]
    assert json.loads(pages.index_json(projects, 3)) == {
        "meta": {"_last-serial": 3, "api-version": "1.4"},
        "projects": [{"name": "Foo.Bar"}, {"name": HOSTILE}],
    }
    page = Anchors(pages.index_html(projects, 3))
    assert [anchor["href"] for anchor in page.anchors] == ["foo-bar/", "x/"]
    assert page.texts[0] == "Foo.Bar"
    assert "script" not in page.tags


@pytest.mark.parametrize(
    ("releases", "latest"),
    [
        ([("1.0", False), ("2.0", False)], "2.0"),
        ([("1.10", False), ("1.9", False)], "1.10"),
        ([("1.0", False), ("2.0a1", False)], "1.0"),
        ([("1.0a1", False), ("1.0a2", False)], "1.0a2"),
        ([("1.0", False), ("2.0", True)], "1.0"),
        ([("1.0a1", False), ("2.0", True)], "1.0a1"),
        ([("1.0", True), ("2.0", True)], "2.0"),
        ([("1.0.dev1", False), ("0.9", False)], "0.9"),
        ([("1!0.1", False), ("2024.1", False)], "1!0.1"),
        ([("1.0.post1", False), ("1.0", False)], "1.0.post1"),
    ],
)
def test_latest_release(releases: list[tuple[str, bool]], latest: str) -> None:
    ranked = max(releases, key=lambda each: json_api.rank(each[0], yanked=each[1]))
    assert ranked[0] == latest
