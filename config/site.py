"""What an operator may say about their instance."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from config.env import Environment


@dataclass(frozen=True, slots=True)
class Site:
    """The name, look and contacts of one instance; templates see it as ``site``."""

    name: str
    tagline: str
    accent: str
    contact_email: str
    security_email: str
    test_instance: bool
    base_url: str
    development: bool


def load(env: Environment, *, base_url: str, development: bool) -> Site:
    """Return the site as the environment describes it."""
    host = urlsplit(base_url).hostname
    contact = env.text("GATEHOUSE_CONTACT_EMAIL", f"admin@{host}")
    return Site(
        name=env.text("GATEHOUSE_SITE_NAME", "Gatehouse"),
        tagline=env.text("GATEHOUSE_SITE_TAGLINE"),
        accent=env.text("GATEHOUSE_SITE_ACCENT", "#0f766e"),
        contact_email=contact,
        security_email=env.text("GATEHOUSE_SECURITY_EMAIL", contact),
        test_instance=env.flag("GATEHOUSE_TEST_INSTANCE"),
        base_url=base_url,
        development=development,
    )
