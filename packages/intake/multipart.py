"""Reading a multipart/form-data body as it arrives (RFC 7578).

The file goes to a sink piece by piece while it is hashed; text fields are kept
in memory up to a limit for all of them. Nothing is repaired: Django's own parser
strips folders from filenames, drops text fields sent as files and turns bad
UTF-8 into U+FFFD, all of which has to be refused here.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NoReturn, Protocol

from django.utils.translation import gettext as _
from multipart import (
    MultipartError,
    MultipartSegment,
    ParserLimitReached,
    PushMultipartParser,
    parse_options_header,
)

from packages.intake.bounds import BOUNDARY_LENGTH, FORM_PARTS, PART_HEADER_BYTES
from packages.intake.digests import Digester, Digests
from packages.intake.form import Fields
from packages.refusals import InvalidForm, UploadRefused, echo

FILE_FIELD = "content"
_SIGNATURE_FIELD = "gpg_signature"
_PLAIN_ENCODINGS = frozenset({"", "7bit", "8bit", "binary"})
_BOUNDARY = re.compile(rf"[!-~ ]{{0,{BOUNDARY_LENGTH - 1}}}[!-~]", re.ASCII)
#: A NUL becomes these four characters: PostgreSQL keeps none in a text.
_SHOWN_NUL = "\\x00"
_MIB = 1024 * 1024


class Sink(Protocol):
    """Where the bytes of the file go."""

    def write(self, piece: bytes, /) -> object:
        """Take the next piece."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Most bytes of the file, and of all text fields together."""

    file_bytes: int
    form_bytes: int


@dataclass(frozen=True, slots=True)
class Received:
    """A body that was read to its end; the file's bytes are in the sink."""

    fields: Fields
    filename: str
    digests: Digests


def boundary_of(content_type: str) -> str:
    """Return the boundary of a multipart/form-data Content-Type."""
    kind, options = parse_options_header(content_type)  # type: ignore[no-untyped-call]
    if kind != "multipart/form-data":
        _refuse(
            _("Uploads are sent as multipart/form-data, not as '%(type)s'.")
            % {"type": echo(kind)}
        )
    boundary = str(options.get("boundary", ""))
    if not _BOUNDARY.fullmatch(boundary):
        _refuse(_("The Content-Type of the request names no usable boundary."))
    return boundary


def receive(
    chunks: Iterable[bytes], boundary: str, sink: Sink, limits: Limits
) -> Received:
    """Read a body to its end, the file into `sink`, or refuse it."""
    parser = PushMultipartParser(
        boundary,
        max_header_size=PART_HEADER_BYTES,
        max_segment_count=FORM_PARTS,
    )
    collector = _Collector(sink, limits)
    try:
        with parser:
            for chunk in chunks:
                for event in parser.parse(chunk):
                    collector.take(event)
    except ParserLimitReached:
        _refuse(
            _("The form has more than %(most)d fields, or a header that is too long.")
            % {"most": FORM_PARTS}
        )
    except MultipartError as error:
        raise InvalidForm(
            _(
                "The form could not be read, or it ended too early: %(why)s. "
                "Upload it again."
            )
            % {"why": echo(str(error.args[0]))}
        ) from error
    return collector.result()


class _Collector:
    """Sorts the parts of one form."""

    def __init__(self, sink: Sink, limits: Limits) -> None:
        self._sink = sink
        self._limits = limits
        self._fields = Fields()
        self._filename: str | None = None
        self._digester = Digester()
        self._file_bytes = 0
        self._form_bytes = 0
        self._name = ""
        self._text = bytearray()

    def take(self, event: MultipartSegment | bytes | bytearray | None) -> None:
        """Take one event of the parser."""
        if isinstance(event, MultipartSegment):
            self._start(event)
        elif event is None:
            self._end()
        elif self._name == FILE_FIELD:
            self._write(bytes(event))
        else:
            self._count_form(len(event))
            self._text += event

    def result(self) -> Received:
        """Return everything, once the form is at its end."""
        if self._filename is None:
            _refuse(_("Upload payload does not have a file: 'content' is missing."))
        return Received(self._fields, self._filename, self._digester.result())

    def _start(self, part: MultipartSegment) -> None:
        self._name = part.name or ""
        self._text = bytearray()
        self._count_form(len(self._name))
        if not self._name or not self._name.isprintable():
            _refuse(_("A field of the form has no usable name."))
        encoding = str(part.header("Content-Transfer-Encoding", "")).strip().lower()
        if encoding not in _PLAIN_ENCODINGS:
            _refuse(
                _("%(field)s must be sent as it is, not encoded as '%(encoding)s'.")
                % {"field": echo(self._name), "encoding": echo(encoding)}
            )
        if self._name == FILE_FIELD:
            self._start_file(part)
        elif part.filename is not None:
            self._refuse_file_part()

    def _start_file(self, part: MultipartSegment) -> None:
        disposition = str(part.header("Content-Disposition", ""))
        if part.filename is None:
            _refuse(_("content must be sent as a file, with a filename."))
        if self._filename is not None:
            _refuse(_("content is given more than once; upload one file at a time."))
        # The parser drops folders before a backslash and knows no filename*.
        if "\\" in disposition or disposition.lower().count("filename") > 1 + (
            part.filename.lower().count("filename")
        ):
            _refuse(_("The filename must be a plain one, given once, without folder."))
        self._filename = part.filename

    def _refuse_file_part(self) -> NoReturn:
        if self._name == _SIGNATURE_FIELD:
            _refuse(_("OpenPGP signatures are not taken here. Upload without signing."))
        _refuse(
            _("%(field)s must be sent as text, not as a file.")
            % {"field": echo(self._name)}
        )

    def _write(self, piece: bytes) -> None:
        self._file_bytes += len(piece)
        if self._file_bytes > self._limits.file_bytes:
            raise file_too_large(self._limits)
        self._digester.update(piece)
        self._sink.write(piece)

    def _count_form(self, size: int) -> None:
        self._form_bytes += size
        if self._form_bytes > self._limits.form_bytes:
            raise UploadRefused(
                _(
                    "The text fields of the form are larger than %(most)d MiB. "
                    "Shorten the description."
                )
                % {"most": self._limits.form_bytes // _MIB},
                code="form-too-large",
                status=413,
            )

    def _end(self) -> None:
        if self._name == FILE_FIELD:
            return
        try:
            value = self._text.decode("utf-8")
        except UnicodeDecodeError:
            _refuse(_("%(field)s is not text in UTF-8.") % {"field": echo(self._name)})
        self._fields.add(self._name, value.replace("\0", _SHOWN_NUL))


def file_too_large(limits: Limits) -> UploadRefused:
    """Return the refusal of a file over the limit."""
    return UploadRefused(
        _("File too large. The limit is %(most)s MiB.")
        % {"most": f"{limits.file_bytes / _MIB:g}"},
        code="file-too-large",
        status=413,
    )


def _refuse(message: str) -> NoReturn:
    raise InvalidForm(message)
