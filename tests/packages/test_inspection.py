import io
from dataclasses import replace

import pytest
from packaging.version import Version

from packages.intake.digests import Digester
from packages.intake.form import Fields, Form
from packages.intake.inspection import Distribution, inspect
from packages.intake.multipart import Received
from packages.refusals import UploadRefused
from tests.packages.builders import Built, metadata, sdist, wheel, zipped

INFO = "my_thing-1.0.dist-info"


def look(built: Built) -> Distribution:
    digester = Digester()
    digester.update(built.data)
    form = Form(
        name="my-thing",
        spelling="My.Thing",
        version=Version("1.0"),
        kind=built.filetype,
        claims={"sha256_digest": built.sha256},
        comment="",
    )
    received = Received(Fields(), built.filename, digester.result())
    return inspect(io.BytesIO(built.data), received, form)


def test_wheel_is_what_its_metadata_says() -> None:
    found = look(wheel("My.Thing"))
    assert found.sidecar == metadata("My.Thing")
    assert found.metadata.spelling == "My.Thing"
    assert len(found.sidecar_sha256) == 64


def test_sdist_has_no_sidecar() -> None:
    found = look(sdist("My.Thing"))
    assert found.sidecar is None
    assert found.sidecar_sha256 == ""
    assert found.metadata.text("summary") == "A demo"


def test_versions_that_are_equal_agree() -> None:
    for about in (metadata("my-thing", "1.0.0"), metadata("MY_THING", "1")):
        assert look(wheel("My.Thing", about=about)).metadata.name == "my-thing"


def broken_wheel(**options: str) -> Built:
    return wheel("My.Thing", **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("built", "words"),
    [
        (wheel("My.Thing", leave_out="METADATA"), "METADATA"),
        (wheel("My.Thing", leave_out="WHEEL"), "WHEEL"),
        (wheel("My.Thing", leave_out="RECORD"), "RECORD"),
        (wheel("My.Thing", record=""), "RECORD"),
        (wheel("My.Thing", record="my_thing/__init__.py,,\n" * 2), "twice"),
        (wheel("My.Thing", record=f"{INFO}/RECORD,,\n../evil,,\n"), "disagree"),
        (wheel("My.Thing", record='"\x00'), "RECORD"),
        (
            wheel("My.Thing", files={"other-2.0.dist-info/METADATA": b"x"}),
            "exactly one",
        ),
        (wheel("My.Thing", files={"My_Thing-1.0.DIST-INFO/x": b"x"}), "exactly one"),
        (
            wheel("My.Thing").with_data(zipped({"my_thing/__init__.py": b""})),
            "exactly one",
        ),
        (wheel("My.Thing").with_data(sdist("My.Thing").data), "ZIP"),
        (wheel("My.Thing").with_data(b""), "ZIP"),
        (wheel("My.Thing", about=metadata("other")), "names the project 'other'"),
        (wheel("My.Thing", about=metadata("my-thing", "1.1")), "gives the version"),
        (wheel("My.Thing", about=b"nothing"), "metadata"),
        (wheel("My.Thing", about=b"x" * 5_000_000), "larger than"),
        (sdist("My.Thing").with_data(wheel("My.Thing").data), "damaged"),
        (sdist("My.Thing", top="elsewhere/my_thing-1.0"), "PKG-INFO' is missing"),
        (sdist("My.Thing", about=metadata("other")), "names the project 'other'"),
        (sdist("My.Thing", about=metadata("my-thing", "1.1")), "gives the version"),
        (sdist("My.Thing", about=b"x" * 5_000_000), "larger than"),
    ],
)
def test_bad_file_is_refused(built: Built, words: str) -> None:
    with pytest.raises(UploadRefused, match=words) as refusal:
        look(built)
    assert refusal.value.status == 400


def test_wheel_of_an_unknown_major_version_is_refused() -> None:
    good = wheel("My.Thing")
    for changed in (b"Wheel-Version: 2.0", b"Wheel-Versio:  1.0"):
        contents = {
            "my_thing/__init__.py": b"",
            f"{INFO}/METADATA": metadata("My.Thing"),
            f"{INFO}/WHEEL": changed + b"\n",
            f"{INFO}/RECORD": b"",
        }
        with pytest.raises(UploadRefused, match="Wheel-Version"):
            look(good.with_data(zipped(contents)))


def test_folder_of_an_sdist_may_be_spelled_in_any_way() -> None:
    assert look(sdist("My.Thing", top="My.Thing-1.0")).metadata.name == "my-thing"


def test_sdist_without_metadata_is_refused() -> None:
    built = sdist("My.Thing")
    odd = replace(built, data=sdist("My.Thing", top="my_thing-1.0/sub").data)
    with pytest.raises(UploadRefused, match=r"'my_thing-1\.0/PKG-INFO' is missing"):
        look(odd)


def test_signatures_beside_record_need_no_line_in_it() -> None:
    built = wheel("My.Thing")
    names = ["my_thing/__init__.py", *(f"{INFO}/{n}" for n in ("METADATA", "WHEEL"))]
    record = "".join(f"{name},,\n" for name in [*names, f"{INFO}/RECORD"])
    files = {f"{INFO}/RECORD.jws": b"{}"}
    signed = wheel("My.Thing", files=files, record=record)
    assert look(replace(built, data=signed.data)).metadata.name == "my-thing"
