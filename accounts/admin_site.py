"""The administration: behind the one door, and only with a second factor."""

from typing import TYPE_CHECKING

from django.contrib.admin import AdminSite, ModelAdmin
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from accounts.models import EmailAddress, Event, User


class GatehouseAdmin(AdminSite):
    """Django's admin without its own sign-in, which knows no second factor."""

    site_title = _("Administration")
    site_header = _("Administration")
    index_title = _("What this site holds")

    def has_permission(self, request: HttpRequest) -> bool:
        """Let in administrators who proved a second factor in this session."""
        user = request.user
        is_verified: bool = getattr(user, "is_verified", lambda: False)()
        return bool(user.is_active and getattr(user, "is_staff", False) and is_verified)

    def login(
        self, request: HttpRequest, extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        """Lead to the one door, or to the set-up that is still missing."""
        if request.user.is_authenticated and getattr(request.user, "is_staff", False):
            return redirect("twofactor:overview")
        if request.user.is_authenticated:
            return redirect("home")
        query = urlencode({"next": request.get_full_path()})
        return redirect(f"{reverse('accounts:login')}?{query}")

    def logout(  # type: ignore[override]
        self, request: HttpRequest, extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        """Lead to the page that signs out and records it."""
        return redirect("accounts:logout")

    def password_change(  # type: ignore[override]
        self, request: HttpRequest, extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        """Lead to the page that counts guesses, records and mails.

        Django's own would change the password behind the back of all three.
        """
        return redirect("accounts:password")


if TYPE_CHECKING:
    _Admin = ModelAdmin[Model]
else:
    _Admin = ModelAdmin


class ReadOnlyAdmin(_Admin):
    """Rows to look at; every change of state goes through a flow."""

    def lookup_allowed(
        self, lookup: str, value: str, request: HttpRequest | None = None
    ) -> bool:
        """Refuse: sifting by parts of a hash would spell it out."""
        return False

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse."""
        return False

    def has_change_permission(
        self, request: HttpRequest, obj: Model | None = None
    ) -> bool:
        """Refuse."""
        return False

    def has_delete_permission(
        self, request: HttpRequest, obj: Model | None = None
    ) -> bool:
        """Refuse."""
        return False


class UserAdmin(ReadOnlyAdmin):
    """People, without hashes, stamps or secrets."""

    list_display = ("username", "name", "is_active", "is_staff", "date_joined")
    search_fields = ("username", "addresses__address")
    fields = ("username", "name", "is_active", "is_staff", "date_joined", "last_login")


class AddressAdmin(ReadOnlyAdmin):
    """Addresses and whether they are verified."""

    list_display = ("address", "user", "is_primary", "verified_at")
    search_fields = ("address", "user__username")
    list_select_related = ("user",)
    fields = ("address", "user", "is_primary", "verified_at", "created_at")


class EventAdmin(ReadOnlyAdmin):
    """The trail."""

    list_display = ("at", "tag", "account_name", "actor_name", "network")
    search_fields = ("tag", "account_name", "subject")
    fields = (
        "at",
        "tag",
        "account_name",
        "actor_name",
        "subject",
        "network",
        "user_agent",
        "request_id",
        "data",
    )


site = GatehouseAdmin(name="admin")
site.register(User, UserAdmin)
site.register(EmailAddress, AddressAdmin)
site.register(Event, EventAdmin)
