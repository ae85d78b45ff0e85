"""Every route, by app. The addresses are PyPI's own, so that habits carry over."""

from django.conf import settings
from django.urls import include, path

from accounts import admin_site
from config import views

handler500 = "config.views.fault"
urlpatterns = [
    path("healthz", views.healthz, name="healthz"),
    path("site/accent.css", views.accent_css, name="accent-css"),
    path("admin/", admin_site.site.urls),
    path("", include("packages.urls_site")),
    path("", include("packages.urls_upload")),
    path("", include("packages.urls")),
    path("", include("twofactor.urls")),
    path("", include("accounts.urls")),
]
if settings.DEVELOPMENT:
    urlpatterns.append(path("dev/mail/", include("accounts.urls_mailbox")))
