import pytest

from packages.intake.metadata import CoreMetadata, read_metadata
from packages.refusals import UploadRefused
from tests.packages.builders import metadata


def read(extra: str = "", *, body: str = "hello") -> CoreMetadata:
    return read_metadata(metadata("My.Thing", extra=extra, body=body))


def lines(*header: str) -> bytes:
    return ("\n".join(header) + "\n\n").encode()


def test_metadata_is_read() -> None:
    about = read("Classifier: Programming Language :: Python :: 3\nRequires-Dist: a>1")
    assert (about.name, about.spelling, str(about.version)) == (
        "my-thing",
        "My.Thing",
        "1.0",
    )
    assert about.text("summary") == "A demo"
    assert about.text("requires_python") == ">=3.9"
    assert about.text("description") == "hello"
    assert about.text("description_content_type") == "text/markdown"
    assert about.fields["classifiers"] == ["Programming Language :: Python :: 3"]
    assert about.fields["requires_dist"] == ["a>1"]
    assert about.text("home_page") == ""


@pytest.mark.parametrize(
    "version", ["1.0", "1.1", "1.2", "2.1", "2.2", "2.3", "2.4", "2.5", "2.6"]
)
def test_each_metadata_version_is_read(version: str) -> None:
    about = read_metadata(
        lines(f"Metadata-Version: {version}", "Name: a", "Version: 1")
    )
    assert about.fields["metadata_version"] == version


def test_unknown_fields_are_left_alone() -> None:
    assert "x_own" not in read("X-Own: something").fields


def test_license_files_of_old_setuptools_are_forgiven() -> None:
    about = read_metadata(
        lines("Metadata-Version: 2.1", "Name: a", "Version: 1", "License-File: LICENSE")
    )
    assert "license_files" not in about.fields


def test_blanks_of_old_build_tools_are_dropped() -> None:
    about = read("Home-page: UNKNOWN\nPlatform: UNKNOWN\nLicense: UNKNOWN\n")
    assert not {"home_page", "platforms", "license"} & about.fields.keys()


def test_long_license_text_is_taken() -> None:
    text = "\n        ".join(["All rights reserved. " * 10] * 100)
    assert "All rights" in read(f"License: {text}").text("license")


def test_description_may_hold_anything_but_nul() -> None:
    body = "# Démo\n\n\x1b[31m<script>alert(1)</script> \u202e {{ 7 * 7 }}\n"
    assert read(body=body).text("description") == body


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        ("Classifier: Private :: Do Not Upload", "not a known classifier"),
        ("Classifier: Nonsense", "not a known classifier"),
        ("Classifier: Natural Language :: Ukranian", "deprecated"),
        ("Requires-Dist: a @ https://example.com/a.whl", "direct dependency"),
        ("Requires-Dist: a@file:///etc/passwd", "direct dependency"),
        ("Provides-Dist: a @ https://example.com/a.whl", "direct dependency"),
        ("Obsoletes-Dist: a @ https://example.com/a.whl", "direct dependency"),
        ("Requires-Dist: not a requirement", "not valid"),
        ("Requires-Dist: a; " + "(" * 3000 + "x", "not valid|direct"),
        ("Requires-Dist: a==" + "1" * 5000, "number that is too long"),
        ("Requires-Python: three", "has invalid data|not valid"),
        ("Provides-Extra: -bad-", "not valid"),
        ("Dynamic: Name", "not valid"),
        ("Dynamic: Nonsense", "not valid"),
        ("License-Expression: Nonsense-1.0", "not valid"),
        ("License: MIT\nLicense-Expression: MIT", "exclude each other"),
        ("License-File: ../LICENSE", "not valid"),
        ("License-File: /etc/passwd", "not valid"),
        ("Home-page: javascript:alert(1)", "not an http"),
        ("Home-page: ftp://example.com", "not an http"),
        ("Download-URL: example.com", "not an http"),
        ("Home-page: http://[", "not an http"),
        ("Project-URL: Evil, javascript:alert(1)", "not an http"),
        ("Project-URL: nothing", "no address"),
        (f"Project-URL: {'x' * 33}, https://example.com", "1 to 32"),
        ("Project-URL: , https://example.com", "1 to 32"),
        (
            "Project-URL: A, https://a.com\nProject-URL: A, https://b.com",
            "invalid data",
        ),
        ("Summary: again", "invalid data"),
        ("Name: again", "invalid data"),
        ("Version: 2.0", "invalid data"),
        ("Import-Name: a", "not valid"),
        ("Keywords: a\x07b", "control characters"),
        ("Author: \x1b[31mred", "control characters"),
        ("Author: " + "a" * 9000, "too long"),
        ("Author: \x00", "NUL"),
        ("Description-Content-Type: text/html", "invalid data|not valid"),
    ],
)
def test_bad_field_is_refused(extra: str, words: str) -> None:
    with pytest.raises(UploadRefused, match=words) as refusal:
        read(extra)
    assert refusal.value.message.startswith("Invalid distribution file. ")
    assert refusal.value.message.isprintable()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "not valid"),
        (b"\xff\xfe", "UTF-8"),
        (b"Name: a\nVersion: 1\n\n", "metadata-version|metadata version"),
        (lines("Metadata-Version: 2.0", "Name: a", "Version: 1"), "metadata version"),
        (lines("Metadata-Version: 9.9", "Name: a", "Version: 1"), "metadata version"),
        (lines("Metadata-Version: 2.4", "Version: 1"), "not valid"),
        (lines("Metadata-Version: 2.4", "Name: a"), "not valid"),
        (lines("Metadata-Version: 2.4", "Name: a b", "Version: 1"), "not valid"),
        (lines("Metadata-Version: 2.4", "Name: a", "Version: one"), "not valid"),
        (lines("Metadata-Version: 2.4", "Name: a", "Version: 1+x"), "local versions"),
        (
            lines("Metadata-Version: 2.4", "Name: a", f"Version: {'1' * 5000}"),
            "not valid|PEP 440",
        ),
        (
            lines(
                "Metadata-Version: 2.4",
                "Name: a",
                "Version: 1",
                f"Summary: {'s' * 513}",
            ),
            "summary is longer",
        ),
        (
            lines("Metadata-Version: 2.4", "Name: a", "Version: 1", "Summary: a", " b"),
            "single line",
        ),
        (
            lines(
                "Metadata-Version: 2.4",
                "Name: a",
                "Version: 1",
                "Description-Content-Type: text/html",
            ),
            "not valid",
        ),
        (
            lines(
                "Metadata-Version: 2.4",
                "Name: a",
                "Version: 1",
                "Description-Content-Type: text/markdown; x=" + "a" * 300,
            ),
            "too long",
        ),
        (
            lines("Metadata-Version: 1.1", "Name: a", "Version: 1", "Requires-Dist: b"),
            "introduced in metadata version",
        ),
        (lines(*(f"X-{n}: a" for n in range(200))), "too many fields"),
        (lines(*(f"X-{n}: a" for n in range(30_000))), "too many fields"),
        (lines(*["Classifier: a"] * 30_000), "too many fields"),
        (
            lines(
                "Metadata-Version: 2.4", "Name: a", "Version: 1", "Author: a\xa0b"
            ).replace(b"\xc2\xa0", b"\xa0"),
            "UTF-8",
        ),
    ],
)
def test_bad_metadata_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(UploadRefused, match=words):
        read_metadata(data)
