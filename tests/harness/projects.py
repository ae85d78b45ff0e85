"""Projects to publish, each built by its client's own tool, without the network."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.harness.clients import Tool


@dataclass(frozen=True, slots=True)
class Builder:
    """How a client builds with the backend in its own environment.

    Left to themselves, most would fetch the backend from the public index.
    """

    program: str
    command: tuple[str, ...]
    backend: str
    requirement: str


BUILDERS = {
    "flit": Builder("flit", ("build",), "flit_core.buildapi", "flit_core"),
    "hatch": Builder(
        "hatch/python", ("-m", "hatchling", "build"), "hatchling.build", "hatchling"
    ),
    "pdm": Builder("pdm", ("build", "--no-isolation"), "pdm.backend", "pdm-backend"),
    "poetry": Builder("poetry", ("build",), "poetry.core.masonry.api", "poetry-core"),
    "twine": Builder(
        "twine/python",
        ("-m", "build", "--no-isolation"),
        "setuptools.build_meta",
        "setuptools",
    ),
    "uv": Builder("uv", ("build", "--offline"), "uv_build", "uv_build>=0.13,<0.14"),
}
_PYPROJECT = """\
[build-system]
requires = ["{requirement}"]
build-backend = "{backend}"

[project]
name = "{name}"
version = "{version}"
description = "Says hello"
readme = "README.md"
requires-python = ">=3.9"
keywords = ["hello", "world"]
authors = [{{ name = "Ada Lovelace", email = "ada@example.com" }}]
classifiers = ["Programming Language :: Python :: 3"]

[project.urls]
Source = "https://example.com/{name}"
"""


def build(
    client: str,
    client_tool: Callable[[str], Tool],
    folder: Path,
    *,
    name: str,
    version: str = "1.0",
) -> list[Path]:
    """Write a project into ``folder``, build it, and return the sdist and the wheel."""
    builder = BUILDERS[client]
    module = name.replace("-", "_")
    source = folder / "src" / module
    source.mkdir(parents=True)
    source.joinpath("__init__.py").write_text(
        '"""Say hello."""\n\nGREETING = "hello"\n'
    )
    folder.joinpath("README.md").write_text(f"# {name}\n\nSays *hello*.\n")
    pyproject = _PYPROJECT.format(
        requirement=builder.requirement,
        backend=builder.backend,
        name=name,
        version=version,
    )
    folder.joinpath("pyproject.toml").write_text(pyproject)
    program = client_tool(builder.program)
    # pdm would make an environment for the project, and look for the backend in it.
    own = str(program.path.parent.parent)
    program.run(*builder.command, cwd=folder, VIRTUAL_ENV=own)
    built = folder / "dist"
    return [*sorted(built.glob("*.tar.gz")), *sorted(built.glob("*.whl"))]
