"""The fields of the legacy upload form: hints about the file, and its digests.

Names are PyPI's. What the package says of itself is read from the file; the form
only has to agree on name and version. Unknown fields are ignored.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NoReturn

from django.utils.translation import gettext as _
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from packages.intake.bounds import VERSION_LENGTH
from packages.intake.digests import read_claims
from packages.intake.filenames import SDIST, WHEEL
from packages.intake.names import check_name
from packages.refusals import InvalidForm, UploadRefused, echo

ACTION = "file_upload"
_GONE = frozenset({"submit", "submit_pkg_info", "doc_upload"})
_PROTOCOL = "1"
#: Fields of which a form may hold several; any other repeated one is refused
#: when it is read.
_DIGESTS = ("sha256_digest", "blake2_256_digest", "md5_digest")
_COMMENT_LENGTH = 1000


@dataclass(slots=True)
class Fields:
    """The text fields of a form in their order, each with all its values."""

    values: dict[str, list[str]] = field(default_factory=dict)

    def add(self, name: str, value: str) -> None:
        """Keep one more value of a field."""
        self.values.setdefault(name, []).append(value)

    def one(self, name: str) -> str:
        """Return the stripped value of a single field, "" when it is absent.

        "UNKNOWN" is what distutils sent for a blank.
        """
        values = self.values.get(name, [""])
        if len(values) > 1:
            raise InvalidForm(
                _("%(field)s has invalid data: it is given more than once.")
                % {"field": echo(name)},
                code="field-repeated",
            )
        value = values[0].strip()
        return "" if value == "UNKNOWN" else value


@dataclass(frozen=True, slots=True)
class Form:
    """What a form says, checked; `name` is the normalised one."""

    name: str
    spelling: str
    version: Version
    kind: str
    claims: dict[str, str]
    comment: str


def check_action(actions: Iterable[str]) -> None:
    """Refuse unless the action, from query or form, is an upload."""
    given = {action for action in actions if action}
    if given & _GONE:
        raise UploadRefused(
            _(
                "This action is gone: projects need no registration before the "
                "first upload, and documentation is not kept here."
            ),
            code="action-gone",
            status=410,
        )
    if given != {ACTION}:
        _refuse(
            _("Unknown action. Uploads send ':action' as '%(action)s'.")
            % {"action": ACTION},
            "unknown-action",
        )


def read_form(fields: Fields) -> Form:
    """Return what the form says, or refuse its first fault."""
    if (fields.one("protocol_version") or _PROTOCOL) != _PROTOCOL:
        _refuse(_("Unknown protocol version: only '1' is spoken."), "bad-protocol")
    if fields.one("attestations") not in {"", "[]"}:
        _refuse(
            _(
                "Attestations are not taken here. Upload without them, "
                "for example with --no-attestations."
            ),
            "attestations-unsupported",
        )
    spelling = check_name(_required(fields, "name"))
    return Form(
        name=canonicalize_name(spelling),
        spelling=spelling,
        version=read_version(_required(fields, "version")),
        kind=_kind(fields),
        claims=read_claims({name: fields.one(name) for name in _DIGESTS}),
        comment=fields.one("comment")[:_COMMENT_LENGTH],
    )


def read_version(text: str) -> Version:
    """Return a PEP 440 version without local segment."""
    try:
        # int() of thousands of digits raises a ValueError of its own.
        version = Version(text) if len(text) <= VERSION_LENGTH else None
    except InvalidVersion:
        version = None
    if version is None:
        _refuse(
            _("'%(version)s' is not a version as PEP 440 describes it.")
            % {"version": echo(text)},
            "bad-version",
        )
    if version.local is not None:
        _refuse(
            _(
                "The use of local versions is not allowed: remove '+%(local)s' "
                "from '%(version)s'."
            )
            % {"local": echo(version.local), "version": echo(text)},
            "local-version",
        )
    return version


def _required(fields: Fields, name: str) -> str:
    value = fields.one(name)
    if not value:
        message = _("The field %(field)s is required.") % {"field": name}
        _refuse(message, "field-missing")
    return value


def _kind(fields: Fields) -> str:
    kind = _required(fields, "filetype")
    python = fields.one("pyversion")
    if kind not in {SDIST, WHEEL}:
        _refuse(
            _("filetype must be sdist or bdist_wheel, not '%(kind)s'.")
            % {"kind": echo(kind)},
            "bad-filetype",
        )
    if kind == SDIST and python not in {"", "source"}:
        _refuse(_("pyversion of an sdist must be 'source'."), "bad-pyversion")
    if kind == WHEEL and not python:
        _refuse(_("The field pyversion is required for a wheel."), "field-missing")
    return kind


def _refuse(message: str, code: str) -> NoReturn:
    raise InvalidForm(message, code=code)
