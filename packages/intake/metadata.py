"""Core metadata as the file itself states it.

METADATA of a wheel, PKG-INFO of an sdist: it is what installers act on, so it is
what is checked, kept and shown.
"""

import re
from dataclasses import dataclass
from typing import Any, NoReturn, cast
from urllib.parse import urlsplit

from django.utils.translation import gettext as _
from packaging.metadata import InvalidMetadata, Metadata, RawMetadata, parse_email
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version
from trove_classifiers import classifiers as known_classifiers
from trove_classifiers import deprecated_classifiers

from packages.intake.bounds import (
    METADATA_LINES,
    METADATA_NAMES,
    METADATA_VALUE_LENGTH,
    SUMMARY_LENGTH,
    URL_LABEL_LENGTH,
)
from packages.intake.form import read_version
from packages.intake.names import check_name
from packages.refusals import InvalidFile, echo

_CONTENT_TYPE_LENGTH = 200
#: Texts of any length and several lines.
_LONG = frozenset({"description", "license"})
_WEB = frozenset({"http", "https"})
_DIRECT_URL = re.compile(r"\s@\s|\S@\s*\w+:")
_ENDLESS_NUMBER = re.compile(r"\d{100}")
#: setuptools wrote License-File for years before it was standard.
_EARLY_LICENSE_FILES = frozenset({"1.0", "1.1", "1.2", "2.1", "2.2", "2.3"})


@dataclass(frozen=True, slots=True)
class CoreMetadata:
    """Checked core metadata; `fields` has the keys of packaging's RawMetadata."""

    fields: dict[str, Any]
    spelling: str
    version: Version

    @property
    def name(self) -> str:
        """The normalised project name."""
        return canonicalize_name(self.spelling)

    def text(self, field: str) -> str:
        """Return a single field, "" when it is absent."""
        return str(self.fields.get(field, ""))


def read_metadata(data: bytes) -> CoreMetadata:
    """Return what the file says of itself, or refuse its first fault."""
    _check_shape(data)
    fields = _parse(data)
    for field, value in fields.items():
        _check_characters(field, value)
    _check_numbers(fields)
    _check_values(fields)
    _check_fields(fields)
    return CoreMetadata(
        fields=fields,
        spelling=check_name(fields["name"]),
        version=read_version(fields["version"]),
    )


def _check_shape(data: bytes) -> None:
    """Bound what the parser has to do: it is quadratic in the number of names."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        _refuse(_("Its metadata is not text in UTF-8."))
    if b"\0" in data:
        _refuse(_("Its metadata contains NUL bytes."))
    lines = re.split(rb"\r\n?|\n", data, maxsplit=METADATA_LINES + 1)
    head = lines[: lines.index(b"")] if b"" in lines else lines
    names = {line.partition(b":")[0].lower() for line in head if line[:1].strip()}
    if len(head) > METADATA_LINES or len(names) > METADATA_NAMES:
        _refuse(_("Its metadata has too many fields."))


def _parse(data: bytes) -> dict[str, Any]:
    raw, unparsed = parse_email(data)
    fields = cast("dict[str, Any]", dict(raw))
    for field in list(fields):
        _drop_unknown(fields, field)
    # Unknown fields stay unknown; known ones that could not be read are faults.
    broken = sorted(field for field in unparsed if _is_known(field))
    if broken:
        _refuse(
            _("The metadata field '%(field)s' has invalid data.")
            % {"field": echo(broken[0])}
        )
    if fields.get("metadata_version") in _EARLY_LICENSE_FILES:
        fields.pop("license_files", None)
    return fields


def _is_known(field: str) -> bool:
    """Tell by a header's name; RawMetadata calls those that repeat by the plural."""
    key = field.replace("-", "_")
    known = RawMetadata.__annotations__
    return key in known or f"{key}s" in known


def _drop_unknown(fields: dict[str, Any], field: str) -> None:
    """Forget values that say UNKNOWN, which old build tools wrote for blanks."""
    value = fields[field]
    if isinstance(value, list):
        kept: Any = [item for item in value if item.strip() != "UNKNOWN"]
    elif isinstance(value, str):
        kept = "" if value.strip() == "UNKNOWN" else value
    else:
        return
    if kept != value:
        fields[field] = kept
        if not kept:
            del fields[field]


def _check_characters(field: str, value: str | list[str] | dict[str, str]) -> None:
    """Keep control characters and endless values away from every parser."""
    values = [value] if isinstance(value, str) else [*value]
    if isinstance(value, dict):
        values += value.values()
    if field == "description":
        return
    for item in values:
        if len(item) > METADATA_VALUE_LENGTH and field not in _LONG:
            _refuse(_("The metadata field '%(field)s' is too long.") % {"field": field})
        if any(c < " " and c not in "\t\r\n\f" for c in item):
            _refuse(
                _("The metadata field '%(field)s' contains control characters.")
                % {"field": field}
            )


def _check_numbers(fields: dict[str, Any]) -> None:
    """Refuse version numbers that no installer can turn into an integer."""
    for text in (fields.get("requires_python", ""), *fields.get("requires_dist", [])):
        if _ENDLESS_NUMBER.search(text):
            _refuse(_("A requirement holds a number that is too long."))


def _check_values(fields: dict[str, Any]) -> None:
    """Let packaging judge every field's syntax."""
    try:
        Metadata.from_raw(cast("RawMetadata", dict(fields)), validate=True)
    except ExceptionGroup as group:
        faults = sorted(
            (fault for fault in group.exceptions if isinstance(fault, InvalidMetadata)),
            key=lambda fault: (fault.field != "metadata-version", fault.field),
        )
        why = str(faults[0]) if faults else str(group)
        _refuse(_("Its metadata is not valid: %(why)s.") % {"why": _clean(why)})
    except (ValueError, RecursionError):
        # Numbers of thousands of digits, markers nested a thousand deep.
        _refuse(_("Its metadata is not valid."))


def _check_fields(fields: dict[str, Any]) -> None:
    """Check what an index asks beyond syntax."""
    if len(fields.get("summary", "")) > SUMMARY_LENGTH:
        _refuse(
            _("The summary is longer than %(most)d characters.")
            % {"most": SUMMARY_LENGTH}
        )
    if len(fields.get("description_content_type", "")) > _CONTENT_TYPE_LENGTH:
        _refuse(_("The metadata field 'description_content_type' is too long."))
    if "license" in fields and "license_expression" in fields:
        _refuse(_("License and License-Expression exclude each other."))
    _check_classifiers(fields.get("classifiers", []))
    _check_dependencies(fields)
    for field in ("home_page", "download_url"):
        _check_url(field, fields.get(field, ""))
    for label, url in fields.get("project_urls", {}).items():
        _check_project_url(label, url)


def _check_classifiers(given: list[str]) -> None:
    for classifier in given:
        if classifier in deprecated_classifiers:
            instead = ", ".join(deprecated_classifiers[classifier]) or _("nothing")
            _refuse(
                _("The classifier '%(it)s' is deprecated; use instead: %(instead)s.")
                % {"it": echo(classifier), "instead": instead}
            )
        if classifier not in known_classifiers:
            _refuse(_("'%(it)s' is not a known classifier.") % {"it": echo(classifier)})


def _check_dependencies(fields: dict[str, Any]) -> None:
    for requirement in fields.get("requires_dist", []):
        try:
            url = Requirement(requirement).url
        except InvalidRequirement:
            url = requirement
        if url:
            _refuse_direct(requirement)
    for field in ("provides_dist", "obsoletes_dist"):
        for requirement in fields.get(field, []):
            if _DIRECT_URL.search(requirement):
                _refuse_direct(requirement)


def _check_url(field: str, url: str) -> None:
    if not url:
        return
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = None
    if parts is None or parts.scheme not in _WEB or not parts.hostname:
        _refuse(
            _("'%(url)s' in %(field)s is not an http or https address.")
            % {"url": echo(url), "field": echo(field)}
        )


def _check_project_url(label: str, url: str) -> None:
    if not 1 <= len(label) <= URL_LABEL_LENGTH:
        _refuse(
            _("The Project-URL label '%(label)s' must have 1 to %(most)d characters.")
            % {"label": echo(label), "most": URL_LABEL_LENGTH}
        )
    if not url:
        _refuse(
            _("The Project-URL '%(label)s' has no address.") % {"label": echo(label)}
        )
    _check_url("Project-URL", url)


def _refuse_direct(requirement: str) -> NoReturn:
    _refuse(_("Can't have direct dependency: '%(it)s'.") % {"it": echo(requirement)})


def _clean(why: str) -> str:
    return "".join(c if c.isprintable() else " " for c in why)[:300].rstrip(".")


def _refuse(message: str) -> NoReturn:
    raise InvalidFile(message, code="invalid-metadata")
