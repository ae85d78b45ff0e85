"""The pages about the site itself, at the root and without a namespace."""

from django.urls import path

from packages.views import site

urlpatterns = [
    path("", site.home, name="home"),
    path("help/", site.help_page, name="help"),
    path("security/", site.security_policy, name="security"),
    path(".well-known/security.txt", site.security_txt, name="security-txt"),
]
