"""Which names a project may have.

Identity is the normalised name of PEP 503. A new name must not be a module of
the standard library, and must not read like a name that is taken.
"""

import re
import sys

from django.utils.translation import gettext as _
from packaging.utils import canonicalize_name

from packages.intake.bounds import NAME_LENGTH
from packages.refusals import InvalidForm, UploadRefused, echo

_NAME = re.compile(r"[A-Z0-9]|[A-Z0-9][A-Z0-9._-]*[A-Z0-9]", re.ASCII | re.IGNORECASE)
_LOOKALIKES = str.maketrans({"l": "1", "i": "1", "o": "0", "-": "", ".": "", "_": ""})
#: Modules that other versions of Python have or had; somebody imports them.
_OTHER_STDLIB = """
    aifc annotationlib asynchat asyncore audioop BaseHTTPServer Bastion binhex
    bsddb CGIHTTPServer cgi cgitb chunk commands compiler compression ConfigParser
    Cookie cookielib copy_reg cPickle cProfile crypt cStringIO dbhash dircache
    distutils dl DocXMLRPCServer dumbdbm dummy_thread dummy_threading exceptions
    fl fm formatter fpectl fpformat future_builtins gdbm gl hotshot htmlentitydefs
    htmllib HTMLParser httplib ihooks imageop imghdr imp imputil jpeg lib2to3
    macpath mailcap md5 mhlib mimetools MimeWriter mimify msilib multifile mutex
    new nis nntplib ossaudiodev parser pipes popen2 posixfile Queue repr rexec
    rfc822 robotparser ScrolledText sets sgmllib sha SimpleHTTPServer
    SimpleXMLRPCServer smtpd sndhdr SocketServer spwd statvfs StringIO stringold
    sunau sunaudio symbol telnetlib thread Tix Tkconstants Tkinter toaiff ttk
    urllib2 urlparse user UserDict UserList UserString uu whichdb xdrlib xmllib
    xmlrpclib collections.abc concurrent.futures concurrent.interpreters
    email.mime encodings.utf_8 http.client http.cookies http.cookiejar http.server
    importlib.metadata importlib.resources json.tool logging.config
    logging.handlers multiprocessing.pool os.path unittest.mock urllib.error
    urllib.parse urllib.request urllib.response wsgiref.util xml.dom xml.etree
    xml.sax xmlrpc.client xmlrpc.server
"""
_STDLIB = frozenset(
    canonicalize_name(name)
    for name in (*sys.stdlib_module_names, *_OTHER_STDLIB.split())
    if not name.startswith("_")
)


def check_name(name: str) -> str:
    """Return `name` unless it is not one a project may have anywhere."""
    if len(name) > NAME_LENGTH:
        raise InvalidForm(
            _("The project name is longer than %(most)d characters.")
            % {"most": NAME_LENGTH},
            code="bad-name",
        )
    if not _NAME.fullmatch(name):
        raise InvalidForm(
            _(
                "'%(name)s' is not a project name. It must begin and end with a "
                "letter or digit and hold only ASCII letters, digits, '.', '-' "
                "and '_'."
            )
            % {"name": echo(name)},
            code="bad-name",
        )
    return name


def similar_name(name: str) -> str:
    """Return the form in which names that read alike are equal."""
    return name.lower().translate(_LOOKALIKES)


def check_new_name(name: str) -> None:
    """Refuse a new project that would shadow a module of the standard library."""
    if canonicalize_name(name) in _STDLIB:
        raise UploadRefused(
            _(
                "'%(name)s' is the name of a module in Python's standard library. "
                "Choose another name for the project."
            )
            % {"name": name},
            code="name-of-standard-library",
        )


def too_similar(name: str, existing: str) -> UploadRefused:
    """Return the refusal of a new name that reads like `existing`."""
    return UploadRefused(
        _(
            "'%(name)s' is too similar to the existing project '%(existing)s'. "
            "Choose another name for the project."
        )
        % {"name": name, "existing": existing},
        code="name-too-similar",
    )
