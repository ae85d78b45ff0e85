"""A hasher for tests that are not about hashing."""

from accounts.passwords import Argon2id


class QuickArgon2id(Argon2id):
    """Argon2id in everything but its cost; servers that tests start pay it in full."""

    time_cost = 1
    memory_cost = 64
