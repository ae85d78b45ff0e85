"""Django's settings, from the environment (docs/CONFIGURATION.md lists it all)."""

import os
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.utils.csp import CSP
from django.utils.translation import gettext_lazy as _

from config import env as environment
from config import limits, secrets, site

ROOT = Path(__file__).resolve().parent.parent
_env = environment.Environment()

# --- What kind of instance this is ---------------------------------------------------

_mode = _env.text("GATEHOUSE_ENV", "production")
if _mode not in {"production", "development"}:
    _message = f"GATEHOUSE_ENV takes production or development, not {_mode!r}."
    raise ImproperlyConfigured(_message)
DEVELOPMENT = _mode == "development"
#: Tracebacks in the browser: only ever for the autoreloading server.
DEBUG = DEVELOPMENT and _env.flag("GATEHOUSE_DEBUG")

PORT = _env.number("GATEHOUSE_PORT", 8000)
BIND = _env.words("GATEHOUSE_BIND", f"127.0.0.1:{PORT},[::1]:{PORT}")
BASE_URL = _env.text(
    "GATEHOUSE_BASE_URL", f"http://localhost:{PORT}" if DEVELOPMENT else ""
).rstrip("/")
_base = urlsplit(BASE_URL)
if _base.scheme not in {"http", "https"} or not _base.hostname or _base.path:
    _message = (
        "GATEHOUSE_BASE_URL is missing or unsafe: it takes the address people use, "
        "such as https://packages.example.com, without a path."
    )
    raise ImproperlyConfigured(_message)
HTTPS = _base.scheme == "https"
if not DEVELOPMENT and not HTTPS and not _env.flag("GATEHOUSE_ALLOW_HTTP"):
    _message = "GATEHOUSE_BASE_URL must be https in production."
    raise ImproperlyConfigured(_message)

_local_hosts = ["localhost", "127.0.0.1", "[::1]"]
ALLOWED_HOSTS = _env.words("GATEHOUSE_ALLOWED_HOSTS")
if DEVELOPMENT:
    ALLOWED_HOSTS += [*_local_hosts, _base.hostname]
if not ALLOWED_HOSTS or "*" in ALLOWED_HOSTS:
    _message = (
        "GATEHOUSE_ALLOWED_HOSTS is missing or unsafe: it takes the exact host names "
        "this site answers to, separated by commas."
    )
    raise ImproperlyConfigured(_message)
TRUSTED_PROXIES = _env.words("GATEHOUSE_TRUSTED_PROXIES")

DATA_DIR = Path(_env.text("GATEHOUSE_DATA_DIR", str(ROOT / "data"))).resolve()
DATA_DIR.mkdir(parents=True, exist_ok=True)
_secrets = secrets.load(_env, development=DEVELOPMENT, data_dir=DATA_DIR)
SECRET_KEY = _secrets.secret_key
SECRET_KEY_FALLBACKS = _secrets.secret_key_fallbacks
SEALING_KEYS = _secrets.sealing_keys
SITE = site.load(_env, base_url=BASE_URL, development=DEVELOPMENT)
SITE_NAME = SITE.name
ACCESS_LOG = _env.flag("GATEHOUSE_ACCESS_LOG", default=True)

# --- The program ---------------------------------------------------------------------

INSTALLED_APPS = [
    "config",
    "packages",
    "twofactor",
    "accounts",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_otp",
]
MIDDLEWARE = [
    "accounts.middleware.RequestId",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "accounts.middleware.BrowserGuard",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.context.site",
            ],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
# The form widgets' own templates are found beside ours.
INSTALLED_APPS.append("django.forms")

DATABASES = {
    "default": environment.database(
        _env.text("DATABASE_URL"),
        DATA_DIR,
        pool=_env.number("GATEHOUSE_DATABASE_POOL", 12, least=1),
    )
}

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English"))]
LOCALE_PATHS = [ROOT / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [ROOT / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage",
    },
}

# --- Signing in ----------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.backends.SessionBackend"]
LOGIN_URL = "accounts:login"
LOGIN_REDIRECT_URL = "packages:manage-projects"
#: What stands between a right password and a session, in this order.
SIGN_IN_STEPS = ["twofactor.steps.second_step"]
HALF_SIGN_IN_SECONDS = 5 * 60
VERIFY_LINK_SECONDS = 24 * 60 * 60
RESET_LINK_SECONDS = 60 * 60

PASSWORD_HASHERS = ["accounts.passwords.Argon2id"]
PASSWORD_LEAST_LENGTH = 15
PASSWORD_MOST_LENGTH = 1024
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "accounts.passwords.LengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "accounts.passwords.StrengthValidator"},
]
_cores = os.process_cpu_count() if hasattr(os, "process_cpu_count") else os.cpu_count()
WORKERS = _env.number("GATEHOUSE_WORKERS", max(2, min(_cores or 1, 8)), least=1)
THREADS = _env.number("GATEHOUSE_THREADS", 72, least=4)
#: Passwords hashed at once in each worker: all workers together, one a core.
HASHES_AT_ONCE = max(1, (_cores or 1) // WORKERS)
#: Threads that may wait for their hash; the rest are left to installs. Enough for
#: fifty sign-ins at once even when one worker happens to accept them all.
HASHES_WAITING = THREADS * 3 // 4
HASH_WAIT_SECONDS = 10

SESSION_ENGINE = "accounts.sessions"
SESSION_SERIALIZER = "django.contrib.sessions.serializers.JSONSerializer"
SESSION_IDLE_SECONDS = _env.number("GATEHOUSE_SESSION_IDLE_SECONDS", 3600, least=60)
SESSION_ABSOLUTE_SECONDS = _env.number(
    "GATEHOUSE_SESSION_ABSOLUTE_SECONDS", 12 * 3600, least=60
)
SESSION_COOKIE_AGE = SESSION_ABSOLUTE_SECONDS
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
#: The browser itself refuses a __Host- cookie that is not Secure, has a Domain or
#: another Path; over plain http (a laptop) the prefix cannot be used.
COOKIE_PREFIX = "__Host-" if HTTPS else "gatehouse-"
SESSION_COOKIE_NAME = f"{COOKIE_PREFIX}session"
SESSION_COOKIE_SECURE = HTTPS
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}csrf"
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_AGE = None  # until the browser closes
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
MESSAGE_STORAGE = "accounts.messages.HostCookieStorage"

LIMITS = limits.load(_env)

# --- Headers -------------------------------------------------------------------------

SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF, "data:"],
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "object-src": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
}
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
# Plain http never reaches us through the proxy; a redirect here would also echo
# an upload's credentials to whoever listens.
SECURE_SSL_REDIRECT = False
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SILENCED_SYSTEM_CHECKS = [
    "security.W008",  # SSL redirect: the reverse proxy's, see above
]

# --- Mail ----------------------------------------------------------------------------

_email_url = _env.text("GATEHOUSE_EMAIL_URL", "console:" if DEVELOPMENT else "")
if not _email_url:
    _message = "GATEHOUSE_EMAIL_URL is missing: it takes smtp://host:port."
    raise ImproperlyConfigured(_message)
if not DEVELOPMENT and _email_url.startswith("console:"):
    _message = "GATEHOUSE_EMAIL_URL: console: prints live links; use it in development."
    raise ImproperlyConfigured(_message)
MAILERS = {"default": environment.mailer(_email_url)}
DEFAULT_FROM_EMAIL = _env.text(
    "GATEHOUSE_EMAIL_FROM", f"noreply@{_base.hostname.strip('[]')}"
)
SERVER_EMAIL = DEFAULT_FROM_EMAIL
MAIL_DIR = DATA_DIR / "mail"

# --- Files and uploads ---------------------------------------------------------------

FILES_DIR = DATA_DIR / "files"
UPLOAD_DIR = DATA_DIR / "incoming"
UPLOAD_MAX_FILE_BYTES = _env.number(
    "GATEHOUSE_UPLOAD_MAX_FILE_BYTES", 100 * 1024 * 1024, least=1
)
UPLOAD_MAX_FORM_BYTES = 4 * 1024 * 1024
UPLOAD_MAX_SECONDS = _env.number("GATEHOUSE_UPLOAD_MAX_SECONDS", 600, least=1)
UPLOAD_MIN_BYTES_PER_SECOND = 1024

# --- Logs ----------------------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request": {"()": "accounts.middleware.RequestIdFilter"}},
    "formatters": {
        "line": {
            "format": "{asctime} {levelname} {name} [{request_id}] {message}",
            "style": "{",
        },
    },
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "filters": ["request"],
            "formatter": "line",
        },
    },
    "root": {
        "handlers": ["stderr"],
        "level": _env.text("GATEHOUSE_LOG_LEVEL", "INFO").upper(),
    },
    "loggers": {
        "django": {"handlers": [], "propagate": True},
        # Refusals are in the trail; Django's own line for each 4xx would only let
        # strangers fill the log.
        "django.request": {"level": "ERROR"},
        "django.security": {"level": "ERROR"},
    },
}
