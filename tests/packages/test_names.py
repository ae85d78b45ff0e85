import pytest

from packages.intake.names import check_name, check_new_name, similar_name
from packages.refusals import UploadRefused


@pytest.mark.parametrize("name", ["a", "7", "Flask", "zope.interface", "a-_.b", "x2"])
def test_name_is_taken(name: str) -> None:
    assert check_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        "-a",
        "a-",
        ".a",
        "_a",
        "a b",
        "a/b",
        "a\\b",
        "a\n",
        "a\0",
        "été",
        "\u017fimple",
        "a" * 101,
        "<script>",
        "a\u200bb",
        "..",
        "a%2fb",
    ],
)
def test_bad_name_is_refused(name: str) -> None:
    with pytest.raises(UploadRefused, match="project name"):
        check_name(name)


@pytest.mark.parametrize(
    "name", ["json", "JSON", "os", "distutils", "Urllib2", "xml.etree", "xml-etree"]
)
def test_module_of_the_standard_library_is_refused(name: str) -> None:
    with pytest.raises(UploadRefused, match="standard library"):
        check_new_name(name)


def test_names_that_read_alike_are_similar() -> None:
    assert similar_name("f00-bar") == similar_name("Foo.Bar")
    assert similar_name("req1est") == similar_name("reqiest") == similar_name("reqlest")
    assert similar_name("requests") != similar_name("request")
