"""The instance's own secrets: given in production, made once in development."""

import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from config.env import Environment

#: Below this many characters a secret is refused: 43 of base64 are 256 bits.
LEAST_LENGTH = 40


@dataclass(frozen=True, slots=True)
class Secrets:
    """What must never be in the database.

    ``secret_key`` signs cookies and salts digests; ``sealing_keys`` encrypt
    stored secrets: the first seals, every one opens.
    """

    secret_key: str
    secret_key_fallbacks: list[str]
    sealing_keys: list[str]


def load(env: Environment, *, development: bool, data_dir: Path) -> Secrets:
    """Return the secrets, or refuse to start naming the one that is missing."""
    kept = _kept_in(data_dir) if development else {}
    secret_key = env.text("GATEHOUSE_SECRET_KEY", kept.get("secret_key", ""))
    sealing_keys = env.words("GATEHOUSE_SEALING_KEYS", kept.get("sealing_key", ""))
    _require("GATEHOUSE_SECRET_KEY", [secret_key])
    _require("GATEHOUSE_SEALING_KEYS", sealing_keys)
    return Secrets(
        secret_key=secret_key,
        secret_key_fallbacks=env.words("GATEHOUSE_SECRET_KEY_FALLBACKS"),
        sealing_keys=sealing_keys,
    )


def _require(name: str, values: list[str]) -> None:
    if not values or any(len(value) < LEAST_LENGTH for value in values):
        message = (
            f"{name} is missing or shorter than {LEAST_LENGTH} characters. Make one "
            f'with: python -c "import secrets; print(secrets.token_urlsafe(48))"'
        )
        raise ImproperlyConfigured(message)
    if any(len(set(value)) < LEAST_LENGTH // 4 for value in values):
        message = f"{name} repeats a few characters: it is not random."
        raise ImproperlyConfigured(message)


def _kept_in(data_dir: Path) -> dict[str, str]:
    """Return development's secrets, made on first use and readable by us only."""
    path = data_dir / "secrets.json"
    data_dir.mkdir(parents=True, exist_ok=True)
    fresh = {
        "secret_key": secrets.token_urlsafe(48),
        "sealing_key": secrets.token_urlsafe(48),
    }
    draft = data_dir / f"secrets.{os.getpid()}.{secrets.token_hex(4)}"
    try:
        # link() is atomic and refuses to replace: two processes that start at
        # once agree on one set.
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
            json.dump(fresh, file)
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink(missing_ok=True)
    kept: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return kept
