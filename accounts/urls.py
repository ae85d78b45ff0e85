"""Routes of accounts, at PyPI's addresses."""

from django.urls import path

from accounts.views import passwords, registration, settings, sign_in

app_name = "accounts"
urlpatterns = [
    path("account/login/", sign_in.sign_in, name="login"),
    path("account/logout/", sign_in.sign_out, name="logout"),
    path("account/register/", registration.register, name="register"),
    path("account/verify-email/", registration.verify, name="verify-email"),
    path(
        "account/request-password-reset/",
        passwords.request_reset,
        name="request-password-reset",
    ),
    path("account/reset-password/", passwords.reset, name="reset-password"),
    path("manage/account/", settings.account, name="settings"),
    path("manage/account/password/", passwords.change, name="password"),
    path("manage/account/history/", settings.history, name="history"),
    path(
        "manage/account/addresses/<int:pk>/verify/",
        registration.resend,
        name="address-resend",
    ),
]
