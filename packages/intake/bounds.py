"""How much of anything an upload may contain.

The file's and the form's own limits are settings; these bound the work that
looking into a file may cost.
"""

from typing import Final

MIB: Final = 1024 * 1024

#: Fields of one form. Packages with thousands of extras send one field for each.
FORM_PARTS: Final = 20_000
#: Bytes of one part's header line.
PART_HEADER_BYTES: Final = 8 * 1024
#: Characters of a boundary (RFC 2046 allows 70).
BOUNDARY_LENGTH: Final = 200

#: Characters of a filename, so that ".metadata" still fits beside it.
FILENAME_LENGTH: Final = 246
#: Characters of a project name and of a version; numbers in them stay parseable.
NAME_LENGTH: Final = 100
VERSION_LENGTH: Final = 100
#: Tags that a wheel's compressed tag sets may stand for.
WHEEL_TAGS: Final = 512

#: Members of an archive.
MEMBERS: Final = 50_000
#: Characters and parts of a member's name.
MEMBER_NAME_LENGTH: Final = 1024
MEMBER_NAME_DEPTH: Final = 64
#: Unpacked bytes, of one member and of all.
MEMBER_BYTES: Final = 512 * MIB
UNPACKED_BYTES: Final = 1024 * MIB
#: Beyond this many unpacked bytes, at most RATIO times the packed ones.
RATIO_FREE_BYTES: Final = 64 * MIB
RATIO: Final = 50
#: Bytes of METADATA, PKG-INFO, WHEEL and RECORD.
METADATA_BYTES: Final = 4 * MIB
WHEEL_BYTES: Final = 64 * 1024
RECORD_BYTES: Final = 16 * MIB
#: Bytes of one extended tar header (pax or GNU long name).
TAR_EXTENSION_BYTES: Final = 64 * 1024

#: Header lines of METADATA, and how many different names they may have.
METADATA_LINES: Final = 20_000
METADATA_NAMES: Final = 100
#: Characters of one metadata value other than description and license.
METADATA_VALUE_LENGTH: Final = 8 * 1024
SUMMARY_LENGTH: Final = 512
URL_LABEL_LENGTH: Final = 32

#: Bytes read and hashed at a time.
CHUNK: Final = 64 * 1024
