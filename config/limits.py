"""Every limit of the product in one table: name, most hits, period in seconds.

Each can be set by ``GATEHOUSE_LIMIT_<NAME>=hits/seconds``, the name in capitals
with underscores: ``GATEHOUSE_LIMIT_SIGN_IN_ACCOUNT=10/300``.
"""

from config.env import Environment

_MINUTE = 60
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR

DEFAULTS: dict[str, tuple[int, int]] = {
    # Guesses at a password, wherever they are made: web, upload, change forms.
    "sign-in-account": (10, 5 * _MINUTE),
    "sign-in-network": (10, 5 * _MINUTE),
    "sign-in-site": (1000, 5 * _MINUTE),
    # Guesses at a second factor, whatever the method.
    "second-factor-account-5min": (5, 5 * _MINUTE),
    "second-factor-account-hour": (20, _HOUR),
    "second-factor-account-day": (50, _DAY),
    "second-factor-network-5min": (10, 5 * _MINUTE),
    "second-factor-network-hour": (50, _HOUR),
    # Everything that makes us send a mail.
    "reset-account": (5, _DAY),
    "reset-network": (20, _DAY),
    "verification-account": (3, 6 * _HOUR),
    "verification-address": (3, 6 * _HOUR),
    "register-network": (10, _HOUR),
    "register-site": (300, _HOUR),
    # New names in the index.
    "project-create-user": (20, _HOUR),
    "project-create-network": (40, _HOUR),
}


def load(env: Environment) -> dict[str, tuple[int, int]]:
    """Return the table with the operator's own figures in it."""
    return {
        name: env.limit(f"GATEHOUSE_LIMIT_{name.upper().replace('-', '_')}", default)
        for name, default in DEFAULTS.items()
    }
