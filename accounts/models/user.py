"""People and their addresses."""

import secrets
from collections.abc import Iterator
from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.core.validators import RegexValidator
from django.db import models
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from accounts import addresses, passwords

USERNAME_MOST_CHARACTERS = 50
USERNAME_PATTERN = r"\A[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?\Z"


def new_stamp() -> str:
    """Return a fresh security stamp, 128 random bits."""
    return secrets.token_hex(16)


class UserManager(BaseUserManager["User"]):
    """Finds people by what they type."""

    def named(self, name: str) -> "User | None":
        """Return the user with a username, or with a verified address, or None."""
        name = name.strip()
        if "@" in name:
            return self.filter(
                addresses__key=addresses.key_of(name),
                addresses__verified_at__isnull=False,
            ).first()
        return self.filter(username_key=name.lower()).first()

    def get_by_natural_key(self, username: str | None) -> "User":
        """Return the user with a username, whatever its case."""
        return self.get(username_key=(username or "").lower())


class User(AbstractBaseUser, PermissionsMixin):
    """A person, known by a username that never changes owner.

    ``security_stamp`` changes whenever the password, a factor or the standing of
    the account does: sessions, half sign-ins and mailed links hold a copy and die
    with the old one.
    """

    username = models.CharField(
        _("username"),
        max_length=USERNAME_MOST_CHARACTERS,
        validators=[RegexValidator(USERNAME_PATTERN)],
    )
    #: ``username`` in lower case: SQLite and PostgreSQL compare it alike.
    username_key = models.CharField(
        max_length=USERNAME_MOST_CHARACTERS, unique=True, editable=False
    )
    name = models.CharField(_("name"), max_length=100, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    is_staff = models.BooleanField(_("administrator"), default=False)
    date_joined = models.DateTimeField(_("joined"), default=timezone.now)
    security_stamp = models.CharField(max_length=32, default=new_stamp, editable=False)
    password_changed_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "username_key"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        """Names for people."""

        verbose_name = _("user")
        verbose_name_plural = _("users")

    def __str__(self) -> str:
        """Return the username as its owner spells it."""
        return self.username

    def save(self, *args: object, **kwargs: object) -> None:
        """Keep the key of the username beside it."""
        self.username_key = self.username.lower()
        super().save(*args, **kwargs)  # type: ignore[arg-type]

    def get_session_auth_hash(self) -> str:
        """Bind sessions to the password and to the security stamp."""
        return self._session_hash()

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        """Accept sessions made under a secret key that is being retired."""
        from django.conf import settings  # noqa: PLC0415 - Django's own pattern

        for fallback in settings.SECRET_KEY_FALLBACKS:
            yield self._session_hash(secret=fallback)

    def _session_hash(self, secret: str | None = None) -> str:
        return salted_hmac(
            "accounts.session",
            f"{self.password}\n{self.security_stamp}",
            secret=secret,
            algorithm="sha256",
        ).hexdigest()

    def set_password(self, raw_password: str | None) -> None:
        """Hash a password in its NFKC form (NIST SP 800-63B-4, 3.1.1.2)."""
        super().set_password(
            None if raw_password is None else passwords.normalize(raw_password)
        )

    def renew_stamp(self) -> None:
        """Give the user a new security stamp; the caller saves."""
        self.security_stamp = new_stamp()

    @cached_property
    def primary_address(self) -> "EmailAddress | None":
        """Return the address everything is sent to, verified or not."""
        return self.addresses.filter(is_primary=True).first()

    @property
    def has_verified_primary(self) -> bool:
        """Whether the mailbox behind the primary address has been proven."""
        return self.primary_address is not None and self.primary_address.is_verified

    @property
    def display_name(self) -> str:
        """What to call the person."""
        return self.name or self.username


class EmailAddress(models.Model):
    """One address of a user.

    Anybody may write down any address; it belongs to the first who proves the
    mailbox. So uniqueness holds among verified addresses only.
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="addresses")
    address = models.CharField(_("e-mail address"), max_length=254)
    key = models.CharField(max_length=300, db_index=True, editable=False)
    is_primary = models.BooleanField(default=False)
    verified_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        """One owner among the verified, one primary a user."""

        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["key"],
                condition=models.Q(verified_at__isnull=False),
                name="one_owner_per_verified_address",
            ),
            models.UniqueConstraint(
                fields=["user"],
                condition=models.Q(is_primary=True),
                name="one_primary_address_per_user",
            ),
            models.UniqueConstraint(
                fields=["user", "key"], name="one_row_per_user_and_address"
            ),
        ]

    def __str__(self) -> str:
        """Return the address as it was typed."""
        return self.address

    def save(self, *args: object, **kwargs: object) -> None:
        """Keep the key of the address beside it."""
        self.key = addresses.key_of(self.address)
        super().save(*args, **kwargs)  # type: ignore[arg-type]

    @property
    def is_verified(self) -> bool:
        """Whether its mailbox has been proven."""
        return self.verified_at is not None
