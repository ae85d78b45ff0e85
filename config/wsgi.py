"""The WSGI entry point: proxies settled, index and files first, then Django."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
_django = get_wsgi_application()

from django.conf import settings  # noqa: E402 - once the settings are loaded

from config.proxy import TrustedProxies  # noqa: E402
from packages.index.wsgi import IndexApplication  # noqa: E402

application = TrustedProxies(IndexApplication(_django), settings.TRUSTED_PROXIES)
