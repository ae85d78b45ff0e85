"""What every template sees besides its own context."""

from django.conf import settings
from django.http import HttpRequest

from config.site import Site


def site(request: HttpRequest) -> dict[str, Site]:
    """Offer the instance's name, look and contacts as ``site``."""
    return {"site": settings.SITE}
