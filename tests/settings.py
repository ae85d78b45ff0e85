"""Settings of the suite: a development instance that takes nothing from outside.

``DATABASE_URL`` alone is kept, to run the suite on another database. Every process
has a data folder of its own, removed at its end.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

_DATABASE_URL = os.environ.get("DATABASE_URL", "")
for _name in [name for name in os.environ if name.startswith("GATEHOUSE_")]:
    del os.environ[_name]
_DATA_DIR = Path(tempfile.mkdtemp(prefix="gatehouse-suite-"))
atexit.register(shutil.rmtree, _DATA_DIR, ignore_errors=True)
os.environ.update(
    DATABASE_URL=_DATABASE_URL,
    GATEHOUSE_DATA_DIR=str(_DATA_DIR),
    GATEHOUSE_ENV="development",
    GATEHOUSE_LOG_LEVEL="WARNING",
)

from config.settings import *  # noqa: E402, F403
from config.settings import DATABASES, STATIC_ROOT, STORAGES  # noqa: E402

# In a file, with the options of production: an in-memory database has one
# connection, and a race needs several.
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["TEST"] = {"NAME": str(_DATA_DIR / "test.sqlite3")}

# Nothing is collected: names with hashes in them do not exist yet, and the folder
# has to be there.
STATIC_ROOT.mkdir()
STORAGES["staticfiles"] = {
    "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
}

# Thousands of tests sign somebody in; what a hash costs is tested by itself.
PASSWORD_HASHERS = ["tests.hashers.QuickArgon2id"]
