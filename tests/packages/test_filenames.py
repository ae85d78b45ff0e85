import pytest
from packaging.version import Version

from packages.intake.filenames import SDIST, WHEEL, check_filename
from packages.refusals import UploadRefused

VERSION = Version("1.0")


@pytest.mark.parametrize(
    ("filename", "stem", "tag"),
    [
        ("my_thing-1.0-py3-none-any.whl", "my_thing-1.0", "py3"),
        ("my_thing-1.0.0-py3-none-any.whl", "my_thing-1.0.0", "py3"),
        ("my_thing-1.0-2build-py2.py3-none-any.whl", "my_thing-1.0", "py2.py3"),
        ("my_thing-1.0-cp313-cp313-manylinux_2_28_x86_64.whl", "my_thing-1.0", "cp313"),
        (
            "my_thing-1.0-cp311-abi3-manylinux2014_aarch64.manylinux_2_17_aarch64.whl",
            "my_thing-1.0",
            "cp311",
        ),
        ("my_thing-1.0-cp313-cp313-musllinux_1_2_i686.whl", "my_thing-1.0", "cp313"),
        ("my_thing-1.0-cp313-cp313-macosx_10_13_x86_64.whl", "my_thing-1.0", "cp313"),
        ("my_thing-1.0-cp313-cp313-macosx_11_0_arm64.whl", "my_thing-1.0", "cp313"),
        ("my_thing-1.0-cp313-cp313-win_amd64.whl", "my_thing-1.0", "cp313"),
        ("my_thing-1.0-py3-none-linux_armv6l.whl", "my_thing-1.0", "py3"),
        (
            "my_thing-1.0-cp313-cp313-ios_13_0_arm64_iphoneos.whl",
            "my_thing-1.0",
            "cp313",
        ),
        ("my_thing-1.0-cp313-cp313-android_21_arm64_v8a.whl", "my_thing-1.0", "cp313"),
        (
            "my_thing-1.0-cp313-cp313-pyemscripten_2026_0_wasm32.whl",
            "my_thing-1.0",
            "cp313",
        ),
    ],
)
def test_wheel_names_of_today_are_taken(filename: str, stem: str, tag: str) -> None:
    checked = check_filename(filename, WHEEL, "my-thing", VERSION)
    assert (checked.text, checked.stem, checked.python_tag) == (filename, stem, tag)


def test_sdist_name_of_pep_625_is_taken() -> None:
    checked = check_filename("my_thing-1.0.tar.gz", SDIST, "my-thing", VERSION)
    assert (checked.stem, checked.python_tag) == ("my_thing-1.0", "source")


def test_epoch_is_taken() -> None:
    check_filename("my_thing-2!1.0.tar.gz", SDIST, "my-thing", Version("2!1.0"))


@pytest.mark.parametrize(
    ("kind", "filename"),
    [
        (WHEEL, ""),
        (WHEEL, "my_thing-1.0.tar.gz"),
        (WHEEL, "my_thing-1.0-py3-none-any.WHL"),
        (WHEEL, "my_thing-1.0-py3-none-any.whl "),
        (WHEEL, " my_thing-1.0-py3-none-any.whl"),
        (WHEEL, "../my_thing-1.0-py3-none-any.whl"),
        (WHEEL, "..\\my_thing-1.0-py3-none-any.whl"),
        (WHEEL, "/etc/my_thing-1.0-py3-none-any.whl"),
        (WHEEL, "folder/my_thing-1.0-py3-none-any.whl"),
        (WHEEL, "C:\\my_thing-1.0-py3-none-any.whl"),
        (WHEEL, "my_thing-1.0-py3-none-any.whl\n"),
        (WHEEL, "my_thing-1.0-py3-none-any\r\nX: y.whl"),
        (WHEEL, "my_thing-1.0-py3-none-any\0.whl"),
        (WHEEL, "my_thing-1.0-py3-none-any%2e%2e.whl"),
        (WHEEL, "my_thing-1.0-py3-none-\u202eany.whl"),
        (WHEEL, "m\u0443_thing-1.0-py3-none-any.whl"),
        (WHEEL, "\uff4dy_thing-1.0-py3-none-any.whl"),
        (WHEEL, ".my_thing-1.0-py3-none-any.whl"),
        (WHEEL, "my-thing-1.0-py3-none-any.whl"),
        (WHEEL, "My_Thing-1.0-py3-none-any.whl"),
        (WHEEL, "my__thing-1.0-py3-none-any.whl"),
        (WHEEL, "my.thing-1.0-py3-none-any.whl"),
        (WHEEL, "other-1.0-py3-none-any.whl"),
        (WHEEL, "my_thing-1.1-py3-none-any.whl"),
        (WHEEL, "my_thing-one-py3-none-any.whl"),
        (WHEEL, "my_thing-1.0-py3-none.whl"),
        (WHEEL, "my_thing-1.0-build-py3-none-any.whl"),
        (WHEEL, "my_thing-1.0-py3--any.whl"),
        (WHEEL, "my_thing-1.0-py3-none-any.any..whl"),
        (WHEEL, "my_thing-1.0-py3-none-linux_x86_64.whl"),
        (WHEEL, "my_thing-1.0-py3-none-any.linux_x86_64.whl"),
        (WHEEL, "my_thing-1.0-py3-none-plan9.whl"),
        (WHEEL, "my_thing-1.0-py3-none-macosx_11_1_arm64.whl"),
        (WHEEL, f"my_thing-1.0-{'a.' * 30}a-{'b.' * 30}b-any.whl"),
        (WHEEL, f"my_thing-1.0-py3-none-{'a' * 240}.whl"),
        (SDIST, "my_thing-1.0-py3-none-any.whl"),
        (SDIST, "../my_thing-1.0.tar.gz"),
        (SDIST, "my_thing-1.0.zip"),
        (SDIST, "my_thing-1.0.tar.bz2"),
        (SDIST, "my_thing-1.0.TAR.GZ"),
        (SDIST, "my-thing-1.0.tar.gz"),
        (SDIST, "My_Thing-1.0.tar.gz"),
        (SDIST, "my_thing-1.0.0.tar.gz"),
        (SDIST, "my_thing-01.0.tar.gz"),
        (SDIST, "my_thing-1.0+local.tar.gz"),
        (SDIST, "my_thing-1.0.tar.gz.tar.gz"),
    ],
)
def test_bad_name_is_refused(kind: str, filename: str) -> None:
    with pytest.raises(UploadRefused) as refusal:
        check_filename(filename, kind, "my-thing", VERSION)
    assert refusal.value.status == 400
    assert refusal.value.message.isprintable()
