"""Names inside an archive: what none may be, whatever an installer does with it."""

import re
from typing import NoReturn

from django.utils.translation import gettext as _

from packages.intake.bounds import MEMBER_NAME_DEPTH, MEMBER_NAME_LENGTH, MEMBERS
from packages.refusals import InvalidFile, echo

_DRIVE = re.compile(r"[A-Za-z]:")
_NOWHERE = frozenset({"", ".", ".."})


class Tree:
    """The members of one archive, each name once, no file also a folder."""

    def __init__(self) -> None:
        """Start with an empty archive."""
        self._files: set[str] = set()
        self._folders: set[str] = set()
        self._count = 0

    @property
    def files(self) -> frozenset[str]:
        """The names of everything that is not a folder."""
        return frozenset(self._files)

    def add(self, name: str, *, folder: bool = False) -> str:
        """Take one more member and return its name without trailing slash."""
        self._count += 1
        if self._count > MEMBERS:
            _refuse(_("It holds more than %(most)d members.") % {"most": MEMBERS})
        path = name.removesuffix("/") if folder else name
        check_path(path)
        parts = path.split("/")
        for depth in range(1, len(parts)):
            self._enter("/".join(parts[:depth]), name)
        self._claim(path, folder=folder)
        return path

    def _enter(self, folder: str, name: str) -> None:
        # A member below a link would be written to wherever the link leads.
        if folder in self._files:
            _refuse(
                _("'%(name)s' lies in '%(folder)s', which is not a folder.")
                % {"name": echo(name), "folder": echo(folder)}
            )
        self._folders.add(folder)

    def _claim(self, path: str, *, folder: bool) -> None:
        taken = path in self._files or (not folder and path in self._folders)
        if taken:
            _refuse(_("It holds '%(name)s' more than once.") % {"name": echo(path)})
        (self._folders if folder else self._files).add(path)


def check_path(path: str) -> None:
    """Refuse a member's name that could lead anywhere but into the archive."""
    parts = path.split("/")
    if len(path) > MEMBER_NAME_LENGTH or len(parts) > MEMBER_NAME_DEPTH:
        _refuse(_("The name '%(name)s' is too long or deep.") % {"name": echo(path)})
    if (
        not path.isprintable()
        or "\\" in path
        or _DRIVE.match(path)
        or not _NOWHERE.isdisjoint(parts)
    ):
        _refuse(
            _(
                "The name '%(name)s' is not allowed: names are relative, use '/', "
                "and hold no '..', no empty part and no control character."
            )
            % {"name": echo(path)}
        )


def decode(raw: bytes) -> str:
    """Return a member's name, which must be UTF-8."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        _refuse(_("A member's name is not in UTF-8."))


def _refuse(message: str) -> NoReturn:
    raise InvalidFile(message, code="bad-archive")
