"""Routes of twofactor, at PyPI's addresses."""

from django.urls import path

from twofactor.views import manage, sign_in

app_name = "twofactor"
urlpatterns = [
    path("account/two-factor/", sign_in.second_step, name="sign-in"),
    path("manage/account/two-factor/", manage.overview, name="overview"),
    path("manage/account/totp-provision", manage.provision, name="totp-provision"),
    path("manage/account/totp-remove", manage.remove, name="totp-remove"),
]
