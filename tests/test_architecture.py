"""The rules of the house that a machine can keep."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.one_database

ROOT = Path(__file__).resolve().parent.parent
#: From the top down: an app imports what stands after it, never what stands before.
LAYERS = ["config", "packages", "twofactor", "accounts"]
MOST_FUNCTION_LINES = 40
MOST_FILE_LINES = 400
VAGUE = {"common.py", "core.py", "helpers.py", "misc.py", "util.py", "utils.py"}
#: Whoever installs chooses the mirror, so no host of a registry is named anywhere.
REGISTRIES = [
    ".".join(host)
    for host in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("docker", "io"),
        ("ghcr", "io"),
    )
]
FORBIDDEN_MARKUP = {
    "a style attribute": re.compile(r"<[^>]*\sstyle\s*="),
    "an inline style sheet": re.compile(r"<style\b"),
    "an inline script": re.compile(r"<script\b(?![^>]*\bsrc=)"),
    "an event attribute": re.compile(r"<[^>]*\son[a-z]+\s*="),
}


def product_files() -> list[Path]:
    return [
        path
        for layer in LAYERS
        for path in sorted((ROOT / layer).rglob("*.py"))
        if "migrations" not in path.parts
    ]


def shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imported(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Give the line and the full name of everything a module imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.lineno, node.module
            for alias in node.names:
                yield node.lineno, f"{node.module}.{alias.name}"


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


@pytest.mark.parametrize("path", product_files(), ids=shown)
def test_imports_never_lead_upward(path: Path) -> None:
    layer = path.relative_to(ROOT).parts[0]
    above = set(LAYERS[: LAYERS.index(layer)])
    upward = [
        f"line {line}: {name}"
        for line, name in imported(ast.parse(path.read_text()))
        if name.split(".")[0] in above
    ]
    assert not upward


@pytest.mark.parametrize("path", product_files(), ids=shown)
def test_only_config_reads_the_environment(path: Path) -> None:
    if path.relative_to(ROOT).parts[0] == "config":
        return
    tree = ast.parse(path.read_text())
    names = {name for _, name in imported(tree)}
    reads = {
        ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute)
    }
    assert not (names | reads) & {"os.environ", "os.environb", "os.getenv"}


@pytest.mark.parametrize("path", product_files(), ids=shown)
def test_files_and_functions_stay_small(path: Path) -> None:
    source = path.read_text()
    assert source.count("\n") <= MOST_FILE_LINES
    long = [
        f"{function.name}: {function.end_lineno - function.lineno + 1} lines"
        for function in functions(ast.parse(source))
        if function.end_lineno is not None
        and function.end_lineno - function.lineno >= MOST_FUNCTION_LINES
    ]
    assert not long


def test_modules_have_names_that_say_something() -> None:
    assert not [shown(path) for path in product_files() if path.name in VAGUE]


@pytest.mark.parametrize(
    "path", sorted((ROOT / "templates").rglob("*.html")), ids=shown
)
def test_templates_obey_the_content_security_policy(path: Path) -> None:
    markup = path.read_text()
    found = [
        what for what, pattern in FORBIDDEN_MARKUP.items() if pattern.search(markup)
    ]
    assert not found


def test_no_registry_is_named() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True
    )
    named = []
    for name in filter(None, listed.stdout.split("\0")):
        path = ROOT / name
        text = path.read_text(errors="replace") if path.is_file() else ""
        named += [f"{name}: {host}" for host in REGISTRIES if host in text]
    assert not named
