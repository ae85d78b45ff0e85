from typing import Any

import pytest

from packages.intake.digests import Digester, check_claims
from packages.intake.form import Fields, Form, check_action, read_form, read_version
from packages.refusals import UploadRefused

SHA256 = "0" * 64


def read(**changes: str | list[str] | None) -> Form:
    values: dict[str, Any] = {
        "name": "My.Thing",
        "version": "v1.0",
        "filetype": "bdist_wheel",
        "pyversion": "py3",
        "sha256_digest": SHA256,
        **changes,
    }
    fields = Fields()
    for name, value in values.items():
        for item in value if isinstance(value, list) else [value]:
            if item is not None:
                fields.add(name, item)
    return read_form(fields)


def test_form_is_read() -> None:
    form = read(comment=" built by hand ", md5_digest="", attestations="")
    assert (form.name, form.spelling, str(form.version)) == (
        "my-thing",
        "My.Thing",
        "1.0",
    )
    assert form.claims == {"sha256_digest": SHA256}
    assert form.comment == "built by hand"


def test_digests_are_read_in_any_case() -> None:
    assert read(sha256_digest="AB" * 32).claims == {"sha256_digest": "ab" * 32}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"protocol_version": "2"}, "protocol version"),
        ({"name": None}, "name is required"),
        ({"name": "UNKNOWN"}, "name is required"),
        ({"name": "a b"}, "not a project name"),
        ({"name": ["a", "b"]}, "more than once"),
        ({"version": None}, "version is required"),
        ({"version": "one"}, "PEP 440"),
        ({"version": "1" * 5000}, "PEP 440"),
        ({"version": "1.0+local"}, "local versions"),
        ({"version": ["1", "2"]}, "more than once"),
        ({"filetype": None}, "filetype is required"),
        ({"filetype": "bdist_egg"}, "filetype must be"),
        ({"pyversion": None}, "pyversion is required"),
        ({"filetype": "sdist", "pyversion": "py3"}, "must be 'source'"),
        ({"sha256_digest": None}, "At least one digest"),
        ({"sha256_digest": "0" * 63}, "hexadecimal"),
        ({"sha256_digest": "g" * 64}, "hexadecimal"),
        ({"sha256_digest": "٠" * 64}, "hexadecimal"),
        ({"md5_digest": "0" * 33}, "hexadecimal"),
        ({"blake2_256_digest": ["0" * 64, "1" * 64]}, "more than once"),
        ({"attestations": '[{"version": 1}]'}, "--no-attestations"),
    ],
)
def test_bad_form_is_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(UploadRefused, match=words) as refusal:
        read(**changes)
    assert refusal.value.status == 400


@pytest.mark.parametrize("action", ["submit", "submit_pkg_info", "doc_upload"])
def test_old_action_is_gone(action: str) -> None:
    with pytest.raises(UploadRefused) as refusal:
        check_action(["", action])
    assert refusal.value.status == 410


@pytest.mark.parametrize(
    "actions", [["", ""], ["", "verify"], ["file_upload", "other"]]
)
def test_unknown_action_is_refused(actions: list[str]) -> None:
    with pytest.raises(UploadRefused, match="Unknown action") as refusal:
        check_action(actions)
    assert refusal.value.status == 400


@pytest.mark.parametrize(
    "actions", [["file_upload", ""], ["", "file_upload"], ["file_upload"] * 2]
)
def test_upload_may_be_named_in_query_or_form(actions: list[str]) -> None:
    check_action(actions)


@pytest.mark.parametrize("text", ["1.0", "1.0rc1", "2!1.0.post1", "v1", "1.0.DEV1"])
def test_versions_of_pep_440_are_read(text: str) -> None:
    assert read_version(text).local is None


@pytest.mark.parametrize("field", ["sha256_digest", "blake2_256_digest", "md5_digest"])
def test_every_digest_that_is_claimed_must_match(field: str) -> None:
    digester = Digester()
    digester.update(b"data")
    found = digester.result()
    right = {
        "sha256_digest": found.sha256,
        "blake2_256_digest": found.blake2b_256,
        "md5_digest": found.md5,
    }
    check_claims(right, found)
    with pytest.raises(UploadRefused, match=f"{field} supplied does not match"):
        check_claims({**right, field: "0" * len(right[field])}, found)
