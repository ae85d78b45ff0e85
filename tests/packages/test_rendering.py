"""Descriptions as HTML: what is kept, what is dropped, and what is given up."""

import re
import threading
import time
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from pytest_django import DjangoAssertNumQueries

from packages import rendering, rendering_child
from packages.models import Project, Release, StoredPage
from tests.packages.hostile_descriptions import HTML, MARKDOWN, RST
from tests.packages.serving import add_release, make_project

pytestmark = pytest.mark.one_database

GFM = "text/markdown; charset=UTF-8; variant=GFM"
TAGS = set(
    re.findall(
        r"\w+",
        "a abbr acronym aside b blockquote br caption cite code col colgroup dd del "
        "details div dl dt em figcaption figure h3 h4 h5 h6 hr i kbd li nav ol p pre "
        "section span strong sub summary sup table tbody td th thead tr tt ul var",
    )
)
ATTRIBUTES = set(
    re.findall(r"\w+", "align class colspan href id rel rowspan start tabindex title")
)


class Inspection(HTMLParser):
    """Reads HTML as a browser's parser would and complains of all but plain text."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in TAGS, tag
        self.tags.append(tag)
        for name, value in attrs:
            assert name in ATTRIBUTES, (tag, name, value)
        given = dict(attrs)
        assert (given.get("id") or "user-content-").startswith("user-content-")
        for word in (given.get("class") or "").split():
            assert re.fullmatch("[a-z]{1,3}[0-9]?", word) or word in {
                "admonition",
                "admonition-title",
                "footnote",
                "image",
            }
        if "href" in given:
            self.check_link(given["href"] or "", given.get("rel") or "")

    def check_link(self, href: str, rel: str) -> None:
        assert href == href.strip()
        assert href.isprintable()
        assert urlsplit(href).scheme in {"", "http", "https", "mailto"}, href
        assert rel == "nofollow noopener"

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        pytest.fail(f"a comment: {data}")

    def handle_decl(self, decl: str) -> None:
        pytest.fail(f"a declaration: {decl}")

    def handle_pi(self, data: str) -> None:
        pytest.fail(f"an instruction: {data}")

    def unknown_decl(self, data: str) -> None:
        pytest.fail(f"a declaration: {data}")


@pytest.mark.parametrize("kind", ["GFM", "CommonMark", "rst"])
@pytest.mark.parametrize("text", [*HTML, *MARKDOWN, *RST])
def test_nothing_but_text_comes_of_a_hostile_description(kind: str, text: str) -> None:
    for source in (text, f"x\n\n{text}\n\nx", f"*x {text} x*", f"* x\n\n  {text}"):
        html = rendering_child._render(kind, source)
        if html is not None:
            Inspection(html)
            assert "root:" not in html  # what /etc/passwd begins with


def test_the_corpus_is_as_large_as_it_should_be() -> None:
    assert len({*HTML, *MARKDOWN, *RST}) >= 130


def test_plain_text_and_what_cannot_be_rendered_are_shown_as_written() -> None:
    for text in HTML:
        for content_type in ("text/plain", "text/html", "application/x-unknown"):
            rendered = rendering.render(text, content_type)
            assert rendered.is_final
            inspection = Inspection(rendered.html)
            assert inspection.tags == ["pre"]
            assert inspection.text == text


@pytest.mark.parametrize(
    ("content_type", "text", "expected"),
    [
        (GFM, "# Hi\n\n*there*", "<h3"),
        ("text/markdown", "~~gone~~", "<del>"),
        ("text/markdown; variant=CommonMark", "~~gone~~", "<p>~~gone~~</p>"),
        ("text/markdown; variant=Unheard-Of", "~~gone~~", "<del>"),
        ("TEXT/Markdown", "*x*", "<em>x</em>"),
        ("text/x-rst", "Hi\n==\n\n*there*", "<em>there</em>"),
        ("text/x-rst; charset=UTF-8", "``x``", "<span>x</span>"),
        ("", "*x*", "<em>x</em>"),
        ("text/plain", "*x* <b>", '<pre tabindex="0">*x* &lt;b&gt;</pre>'),
        ("", "*broken rst", "*broken rst"),
        ("text/x-rst", "x\n====== y\n=", "x"),
        ("text/markdown\r\nX-Evil: 1", "*x*", "x"),
        ("\x00é", "*x*", "*x*"),
    ],
)
def test_what_a_description_becomes(
    content_type: str, text: str, expected: str
) -> None:
    rendered = rendering.render(text, content_type)
    assert expected in rendered.html
    Inspection(rendered.html)


def test_code_is_highlighted_and_can_be_reached_by_keyboard() -> None:
    html = rendering.render("```python\ndef f(): pass\n```", GFM).html
    assert '<span class="k">def</span>' in html
    assert '<pre tabindex="0">' in html


def test_headings_stand_below_those_of_the_page() -> None:
    html = rendering.render("# a\n## b\n### c\n#### d\n##### e\n###### f", GFM).html
    tags = [tag for tag in Inspection(html).tags if tag.startswith("h")]
    assert tags == ["h3", "h4", "h5", "h6", "h6", "h6"]


def test_links_within_a_description_work() -> None:
    html = rendering.render("[to](#part)[^1]\n\n## Part\n\n[^1]: note", GFM).html
    for target in ("part", "fn-1", "fnref-1"):
        assert f'href="#user-content-{target}"' in html
        assert f'id="user-content-{target}"' in html


def test_images_are_replaced_by_their_words() -> None:
    text = "[![build <passing>](https://x.example/b.svg)](https://x.example/)\n\n![](y)"
    html = rendering.render(text, GFM).html
    assert "<img" not in html
    assert '<span class="image">build &lt;passing&gt;</span>' in html
    assert 'href="https://x.example/"' in html


def test_boxes_of_task_lists_are_characters() -> None:
    text = Inspection(rendering.render("- [x] done\n- [ ] open", GFM).html).text
    assert "☑ done" in text
    assert "☐ open" in text


@pytest.mark.parametrize(
    ("content_type", "text"),
    [
        (GFM, "[" * 50_000),
        (GFM, "*a_ " * 50_000),
        (GFM, "> " * 20_000 + "x"),
        (GFM, "<a" * 50_000),
        (GFM, "![" * 20_000 + "](x)" * 20_000),
        (GFM, "|" * 50_000 + "\n|-|\n"),
        (GFM, "`" * 40_000 + "x"),
        (GFM, "<div>" * 30_000),
        (GFM, "a" * (rendering.LONGEST + 1)),
        ("", "*" * 50_000),
        ("", "`x`_ " * 5_000),
        ("", "\n".join(" " * depth + "* x" for depth in range(800))),
        ("", "".join(f"{'=' * 3}\n{n}\n{'=' * 3}\n\n" for n in range(3000))),
        (
            "",
            ".. |a0| replace:: x\n"
            + "".join(
                f".. |a{n}| replace:: " + f"|a{n - 1}| " * 10 + "\n"
                for n in range(1, 12)
            )
            + "\n|a11|",
        ),
    ],
    ids=lambda value: value[:12] if isinstance(value, str) else None,
)
def test_a_costly_description_is_given_up_in_time(content_type: str, text: str) -> None:
    start = time.monotonic()
    rendered = rendering.render(text, content_type)
    # A busy machine may need all of it; the child is killed at the latest then.
    assert time.monotonic() - start < rendering._WALL_SECONDS + 10
    assert len(rendered.html) <= rendering._LARGEST_HTML


def test_what_lies_beyond_the_longest_is_cut() -> None:
    rendered = rendering.render("é" * (rendering.LONGEST + 5), GFM)
    assert Inspection(rendered.html).text == "é" * rendering.LONGEST


def test_a_child_that_hangs_is_killed_and_not_held_against_the_text(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    child = tmp_path / "child.py"
    child.write_text("import time\ntime.sleep(60)\n")
    monkeypatch.setattr(rendering, "_CHILD", child)
    monkeypatch.setattr(rendering, "_WALL_SECONDS", 0.2)
    rendered = rendering.render("*x*", GFM)
    assert rendered == rendering.Rendered('<pre tabindex="0">*x*</pre>', is_final=False)


def test_the_child_is_given_no_secret_and_no_program(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    child = tmp_path / "child.py"
    child.write_text(
        "import os, sys\n"
        "print([name for name in os.environ if name != 'LC_CTYPE'], end=' ')\n"
        f"print({str(Path.cwd())!r} in sys.path)\n"
    )
    monkeypatch.setenv("GATEHOUSE_SECRET_KEY", "x")
    monkeypatch.setattr(rendering, "_CHILD", child)
    assert rendering.render("*x*", GFM).html == "[] False\n"


def test_one_at_a_time_and_the_others_do_not_wait_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rendering, "_QUEUE_SECONDS", 0.01)
    monkeypatch.setattr(rendering, "_renderers", threading.BoundedSemaphore(1))
    with rendering._renderers:
        assert not rendering.render("*x*", GFM).is_final
    assert rendering.render("*x*", GFM).is_final


@pytest.fixture
def release() -> Release:
    return add_release(make_project(), description="*x*", description_content_type=GFM)


@pytest.mark.django_db
def test_a_release_is_rendered_once(
    release: Release,
    django_assert_num_queries: DjangoAssertNumQueries,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    html = rendering.description_html(release)
    assert html == "<p><em>x</em></p>\n"
    monkeypatch.setattr(rendering, "render", None)
    with django_assert_num_queries(1):
        assert rendering.description_html(release) == html


@pytest.mark.django_db
def test_another_description_is_rendered_again(release: Release) -> None:
    rendering.description_html(release)
    release.description = "*y*"
    assert "<em>y</em>" in rendering.description_html(release)
    assert StoredPage.objects.filter(path__startswith="project/").count() == 1


@pytest.mark.django_db
def test_what_may_succeed_next_time_is_not_kept(
    release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = rendering.Rendered("<pre>*x*</pre>", is_final=False)
    monkeypatch.setattr(rendering, "render", lambda *_: tried)
    assert rendering.description_html(release) == tried.html
    assert not StoredPage.objects.filter(path__startswith="project/").exists()


@pytest.mark.django_db
def test_no_description_costs_nothing(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    release = add_release(make_project(), description=" \n")
    assert Project.objects.count() == 1
    with django_assert_num_queries(0):
        assert rendering.description_html(release) == ""
