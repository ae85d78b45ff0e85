"""The documentation names what the program reads, and nothing else."""

import re
from pathlib import Path

import pytest

from config.limits import DEFAULTS

pytestmark = pytest.mark.one_database

ROOT = Path(__file__).resolve().parent.parent
CONFIGURATION = (ROOT / "docs" / "CONFIGURATION.md").read_text(encoding="utf-8")
VARIABLE = re.compile(r"\b(?:GATEHOUSE_[A-Z0-9_]+[A-Z0-9]|DATABASE_URL)\b")


def limit_variables() -> dict[str, tuple[int, int]]:
    return {
        f"GATEHOUSE_LIMIT_{name.upper().replace('-', '_')}": limit
        for name, limit in DEFAULTS.items()
    }


def test_every_variable_that_is_read_is_documented_and_no_other() -> None:
    read = {
        name
        for file in (ROOT / "config").rglob("*.py")
        for name in VARIABLE.findall(file.read_text(encoding="utf-8"))
        if name != "GATEHOUSE_LIMIT"
    } | set(limit_variables())
    rows = re.findall(r"^\| `(\w+)` \|", CONFIGURATION, flags=re.MULTILINE)
    assert len(rows) == len(set(rows))
    assert set(rows) == read


def test_limits_are_documented_with_their_figures() -> None:
    for name, (hits, seconds) in limit_variables().items():
        assert f"| `{name}` | `{hits}/{seconds}` |" in CONFIGURATION


def test_links_between_documents_lead_somewhere() -> None:
    for document in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]:
        text = document.read_text(encoding="utf-8")
        for target in re.findall(r"\]\(([^)#:]+)\)", text):
            assert (document.parent / target).exists(), f"{document.name}: {target}"
