"""What a wheel must hold (PEP 427), once its ZIP structure has been walked."""

import csv
from typing import BinaryIO, NoReturn

from django.utils.translation import gettext as _

from packages.intake import zipwalk
from packages.intake.bounds import METADATA_BYTES, RECORD_BYTES, WHEEL_BYTES
from packages.intake.filenames import Filename
from packages.refusals import InvalidFile, echo

_DIST_INFO = ".dist-info"
#: RECORD should list itself; nobody minds when it does not. PEP 427 exempts the rest.
_NOT_RECORDED = ("RECORD", "RECORD.jws", "RECORD.p7s")


def read_wheel(file: BinaryIO, filename: Filename) -> bytes:
    """Check a wheel and return the bytes of its METADATA."""
    members = zipwalk.walk(file)
    folder = f"{filename.stem}{_DIST_INFO}"
    _check_one_dist_info(members, folder)
    for member in members.values():
        for _piece in zipwalk.contents(file, member):
            """Sizes and CRCs are checked on the way."""
    _check_wheel_file(_read(file, members, f"{folder}/WHEEL", WHEEL_BYTES))
    record = _read(file, members, f"{folder}/RECORD", RECORD_BYTES)
    _check_record(record, frozenset(members), folder)
    return _read(file, members, f"{folder}/METADATA", METADATA_BYTES)


def _check_one_dist_info(members: dict[str, zipwalk.Member], folder: str) -> None:
    found = {name.partition("/")[0] for name in members if "/" in name}
    folders = {name for name in found if name.lower().endswith(_DIST_INFO)}
    if folders != {folder}:
        _refuse(
            _("It must hold exactly one .dist-info folder, '%(folder)s'.")
            % {"folder": echo(folder)}
        )


def _read(
    file: BinaryIO, members: dict[str, zipwalk.Member], name: str, most: int
) -> bytes:
    if name not in members:
        _refuse(_("'%(name)s' is missing.") % {"name": echo(name)})
    return zipwalk.read(file, members[name], most)


def _check_wheel_file(data: bytes) -> None:
    for line in data.decode("utf-8", "replace").splitlines():
        name, _colon, value = line.partition(":")
        if name.strip().lower() == "wheel-version":
            # Installers refuse a major version they do not know.
            if value.strip().partition(".")[0] == "1":
                return
            break
    _refuse(_("Its WHEEL file does not say Wheel-Version: 1."))


def _check_record(data: bytes, names: frozenset[str], folder: str) -> None:
    """Refuse unless RECORD lists exactly the files that are there, each once."""
    try:
        rows = list(csv.reader(data.decode("utf-8").splitlines()))
    except (UnicodeDecodeError, csv.Error):
        _refuse(_("Its RECORD could not be read."))
    listed = [row[0].removeprefix("./") for row in rows if row]
    exempt = {f"{folder}/{name}" for name in _NOT_RECORDED}
    different = (names - exempt) ^ (set(listed) - exempt)
    if len(set(listed)) != len(listed):
        _refuse(_("Its RECORD lists a file twice."))
    if different:
        _refuse(
            _("Its RECORD and its files disagree about '%(name)s'.")
            % {"name": echo(min(different))}
        )


def _refuse(message: str) -> NoReturn:
    raise InvalidFile(message, code="bad-wheel")
