"""The platform's settings: one file, read from the environment, refusing nonsense.

Every variable read here is named in `.env.example`; tests/test_setup.py compares the two and docker-compose.yml.
A file named by ENV_FILE (default `.env` beside manage.py) is read first; the environment proper has the last word.
"""

import importlib.util
import os
import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Any

import dj_database_url
from django.core.exceptions import ImproperlyConfigured
from environs import Env
from marshmallow.validate import Length, OneOf, Range, Regexp
from pythonjsonlogger.core import RESERVED_ATTRS

BASE_DIR = Path(__file__).resolve().parent.parent

env = Env()
env.read_env(env.str("ENV_FILE", str(BASE_DIR / ".env")), recurse=False)

# --- 1. What kind of installation this is -----------------------------------------------------------------------------

with (BASE_DIR / "pyproject.toml").open("rb") as stream:
    VERSION: str = tomllib.load(stream)["project"]["version"]
DEBUG = env.bool("DEBUG", False)
# DEMO=1 installs the demonstration world (演示世界): its log-ins work nowhere else, and `check --deploy` refuses it.
DEMO = env.bool("DEMO", False)
DEMO_PASSWORD = env.str("DEMO_PASSWORD", "demo-2026", validate=Length(min=8))
SITE_NAME = env.str("SITE_NAME", "共青团五华区委购买服务平台", validate=Length(min=1))
# The address that leaves the platform: in reports, QR codes, the OCDS export.
SITE_URL = env.str("SITE_URL", "http://127.0.0.1:8000", validate=Regexp(r"https?://[^/\s]+/?$")).rstrip("/")
# Where a reader checks a paper (查验): printed on reports with a QR code.
VERIFY_URL = f"{SITE_URL}/v/"
# The publisher's prefix of open contracting ids (ocid); the default is the standard's own, for trials. Never changed later.
OCDS_PREFIX = env.str("OCDS_PREFIX", "ocds-213czf", validate=Regexp(r"ocds-[a-z0-9]{6}$"))

# Who publishes the open data, and how often one address may ask for them.
PUBLISHER_NAME = env.str("PUBLISHER_NAME", "共青团五华区委员会", validate=Length(min=1))
OPEN_DATA_RATE = env.str("OPEN_DATA_RATE", "600/min", validate=Regexp(r"\d+/(s|sec|min|hour|day)$"))

LOOPBACK = {"127.0.0.1", "localhost", "[::1]"}
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", sorted(LOOPBACK), validate=Length(min=1))
if "*" in ALLOWED_HOSTS:
    raise ImproperlyConfigured("ALLOWED_HOSTS must name its hosts: '*' would accept a forged Host header")

# HTTPS=0 (plain HTTP: cookies without Secure) is for this machine alone.
HTTPS = env.bool("HTTPS", not (DEBUG or DEMO))
if not HTTPS and not LOOPBACK.issuperset(ALLOWED_HOSTS):
    raise ImproperlyConfigured("HTTPS may be off only where ALLOWED_HOSTS holds nothing but loopback names")
# Set behind a proxy that ends TLS and itself sets (never passes on) X-Forwarded-Proto.
BEHIND_PROXY = env.bool("BEHIND_PROXY", False)

# --- 2. What is kept on disk ------------------------------------------------------------------------------------------

DATA_DIR = Path(env.str("DATA_DIR", "") or BASE_DIR / "var").resolve()
KEYS_DIR = DATA_DIR / "keys"
LOGS_DIR = DATA_DIR / "logs"
CELERY_DIR = DATA_DIR / "celery"
for folder in (DATA_DIR, KEYS_DIR, LOGS_DIR, CELERY_DIR, CELERY_DIR / "queue", CELERY_DIR / "control"):
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def read_key(path: Path) -> str:
    """Read one key; `make run` makes them (scripts/keys.py), readable by their owner alone.

    raises  ImproperlyConfigured when there is no such file or when others may read it
    """
    if not path.is_file():
        raise ImproperlyConfigured(f"no key at {path}: run `make setup`, or python scripts/keys.py")
    if path.stat().st_mode & 0o077:
        raise ImproperlyConfigured(f"{path} can be read by others: chmod 600 it")
    return path.read_text(encoding="ascii").strip()


SECRET_KEY = env.str("SECRET_KEY", "") or read_key(KEYS_DIR / "secret.key")
if len(SECRET_KEY) < 50:
    raise ImproperlyConfigured("SECRET_KEY must have at least 50 characters")
# The platform's sealing key (封存密钥): 64 hexadecimal digits, kept outside the database. Read when a bid is sealed or opened.
SEAL_KEY_FILE = Path(env.str("SEAL_KEY_FILE", "") or KEYS_DIR / "seal.key")
# The key that signs checkpoints of the journal (存证密钥), and the file outside the database that they are appended to.
CHECKPOINT_KEY_FILE = Path(env.str("CHECKPOINT_KEY_FILE", "") or KEYS_DIR / "checkpoint.key")
CHECKPOINT_FILE = Path(env.str("CHECKPOINT_FILE", "") or DATA_DIR / "checkpoints.jsonl")

# --- 3. Applications and the way of a request -------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
    "axes",
    "csp",
    "django_filters",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "core.apps.CoreConfig",
    "accounts.apps.AccountsConfig",
    "catalog.apps.CatalogConfig",
    "procurement.apps.ProcurementConfig",
    "evaluation.apps.EvaluationConfig",
    "audit.apps.AuditConfig",
    "portal.apps.PortalConfig",
]
if DEMO:
    INSTALLED_APPS.append("demo.apps.DemoConfig")
# A tool of the desk, absent in production: two branches that add a migration each then conflict in git, not at midnight.
if importlib.util.find_spec("django_linear_migrations"):
    INSTALLED_APPS.append("django_linear_migrations")

MIDDLEWARE = [
    "core.middleware.RequestIdMiddleware",
    "config.logs.RequestLogMiddleware",
    "config.headers.HeadersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "core.metrics.RequestMetricsMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "config.sessions.IdleLimitMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "accounts.memberships.middleware.ActorMiddleware",
    "accounts.authenticators.middleware.SecondFactorMiddleware",
    "accounts.memberships.middleware.LogInMiddleware",
    "accounts.pledges.middleware.PledgeMiddleware",
    "core.error_pages.WrongMethodMiddleware",
    # Axes wants to be the last: it turns a locked-out log-in into an answer.
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/w/"
LOGOUT_REDIRECT_URL = "/"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "accounts.context.workspace",
            ],
        },
    },
]
# Forms look for their templates where pages do, so templates/django/forms/ may dress them.
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# The journal's keeper (流水保管人): the only place below audit that names it.
JOURNAL_KEEPER = "audit.journal.keeper.Keeper"

# --- 4. Database ------------------------------------------------------------------------------------------------------

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASE_URL = env.str("DATABASE_URL", "") or f"sqlite:///{DATA_DIR / 'db.sqlite3'}"
database: dict[str, Any] = dict(dj_database_url.parse(DATABASE_URL))
if database["ENGINE"] == "django.db.backends.sqlite3":
    # IMMEDIATE + WAL: writers wait for each other instead of failing with "database is locked".
    database["CONN_MAX_AGE"] = None
    database["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": (
            "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;PRAGMA mmap_size=134217728;"
            "PRAGMA journal_size_limit=27103364;PRAGMA cache_size=-20000;PRAGMA foreign_keys=ON"
        ),
    }
elif database["ENGINE"] == "django.db.backends.postgresql":
    database["CONN_MAX_AGE"] = 60
    database["CONN_HEALTH_CHECKS"] = True
    # A host that neither answers nor refuses is away after seconds, not minutes; DATABASE_URL may say otherwise.
    database["OPTIONS"] = {"connect_timeout": 5, "tcp_user_timeout": 15_000} | database.get("OPTIONS", {})
else:
    raise ImproperlyConfigured("DATABASE_URL must be sqlite:///… or postgresql://…")
# A transaction is opened where something is written (on SQLite it takes the write lock), never round a whole request.
database["ATOMIC_REQUESTS"] = False
DATABASES = {"default": database}

# --- 5. Redis, cache and queue ----------------------------------------------------------------------------------------

REDIS_URL = env.str("REDIS_URL", "")
if REDIS_URL and not REDIS_URL.startswith(("redis://", "rediss://", "unix://")):
    raise ImproperlyConfigured("REDIS_URL must be redis://…, rediss://… or unix://…")

CACHES: dict[str, dict[str, Any]] = {
    "default": {
        "BACKEND": "config.cache.Cache",
        "LOCATION": REDIS_URL,
        "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 1},
    }
    if REDIS_URL
    # Files, not memory: web and worker are several processes and must read the same.
    else {"BACKEND": "django.core.cache.backends.filebased.FileBasedCache", "LOCATION": DATA_DIR / "cache"}
}

# The filesystem transport has no host, but kombu asks for one.
CELERY_BROKER_URL = REDIS_URL or "filesystem://localhost//"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = (
    # What a killed worker held comes back after visibility_timeout, looked for every two seconds.
    {
        "visibility_timeout": 600,
        "unacked_restore_interval": 2,
        "unacked_restore_throttle": 1,
        # A page never waits for Redis: the nudge is lost, the outbox is not. The worker has its own patience.
        "max_retries": 0,
        "socket_connect_timeout": 1,
        "socket_timeout": 5,
    }
    if REDIS_URL
    else {
        "data_folder_in": str(CELERY_DIR / "queue"),
        "data_folder_out": str(CELERY_DIR / "queue"),
        "control_folder": str(CELERY_DIR / "control"),
        "polling_interval": 0.1,
    }
)
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_TIME_LIMIT = 300
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CONCURRENCY = env.int("WORKER_PROCESSES", 1, validate=Range(min=1, max=64))
# How long a worker may be silent about a piece of work, or a report, before another takes it over: longer than any takes.
OUTBOX_LEASE_SECONDS = 60
REPORT_STALE_SECONDS = 60
# WeasyPrint's memory grows with the longest report a process has drawn.
CELERY_WORKER_MAX_TASKS_PER_CHILD = 500
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "Asia/Shanghai"
CELERY_BEAT_SCHEDULE_FILENAME = str(CELERY_DIR / "beat")

# --- 6. Language and time ---------------------------------------------------------------------------------------------

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文")]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

# --- 7. Files ---------------------------------------------------------------------------------------------------------

MAX_FILE_BYTES = env.int("MAX_FILE_MB", 20, validate=Range(min=1, max=200)) * 1024 * 1024
# One request: a few files together with their form.
MAX_REQUEST_BYTES = 3 * MAX_FILE_BYTES
# Memory only: Django's second handler would lay a bid's files in clear text into the temporary folder.
FILE_UPLOAD_HANDLERS = ["config.uploads.BoundedMemoryUploadHandler"]
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
DATA_UPLOAD_MAX_NUMBER_FILES = 20
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700

MEDIA_ROOT = DATA_DIR / "media"
STORAGE_BACKEND = env.str("STORAGE_BACKEND", "") or "django.core.files.storage.FileSystemStorage"
STORAGE_OPTIONS = env.json("STORAGE_OPTIONS") if env.str("STORAGE_OPTIONS", "") else {}
STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": STORAGE_BACKEND, "OPTIONS": STORAGE_OPTIONS},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticroot"
# static/ is ours; vendor/ is copied out of node_modules by scripts/assets.py.
STATICFILES_DIRS = [folder for folder in (BASE_DIR / "static", BASE_DIR / "vendor") if folder.is_dir()]

# --- 8. Who may come in -----------------------------------------------------------------------------------------------

AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "accounts.users.backends.Backend"]
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]

# Five failures lock a name out for a quarter of an hour, wherever they came from: an office shares one address.
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = ["username"]
AXES_RESET_ON_SUCCESS = True
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False
AXES_ENABLE_ADMIN = False
# A guess at a locked name neither counts nor prolongs the lock: a stranger could keep a colleague out for ever.
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_LOCKOUT_CALLABLE = "accounts.users.views.locked_out"
AXES_HTTP_RESPONSE_CODE = 429

# axes.W006 asks for the address as well; then four guesses from each of many addresses would go through.
SILENCED_SYSTEM_CHECKS = ["axes.W006"]

# Off (two factors for nobody) is for the demonstration and for tests; `check --deploy` refuses it elsewhere.
TWO_FACTOR = env.bool("TWO_FACTOR", True)
# Axes keeps what was typed with a refused log-in: neither passwords nor codes.
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "code"]

SESSION_ENGINE = "django.contrib.sessions.backends.db"
# Counted from the last request (config/sessions.py), not from the log-in.
SESSION_IDLE_MINUTES = env.int("SESSION_IDLE_MINUTES", 30, validate=Range(min=5, max=480))
SESSION_COOKIE_AGE = SESSION_IDLE_MINUTES * 60
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "core.error_pages.csrf_failure"
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", [])

# --- 9. What the browser is told --------------------------------------------------------------------------------------

CONTENT_SECURITY_POLICY: dict[str, Any] = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        # Bootstrap's arrows and ticks are data: pictures in its style sheet.
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
# Only the phone's camera is ever asked for, by our own pages.
PERMISSIONS_POLICY = "camera=(self), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None

# --- 10. API ----------------------------------------------------------------------------------------------------------

# How often one person may read and act, and one address send tokens that nobody has.
RATE = Regexp(r"[1-9]\d*/(s|sec|min|hour|day)$")
API_RATES = {
    "read": env.str("API_READ_RATE", "600/min", validate=RATE),
    "act": env.str("API_ACT_RATE", "60/min", validate=RATE),
    "wrong_token": env.str("API_WRONG_TOKEN_RATE", "20/min", validate=RATE),
}
# The longest life of an access token (访问令牌).
API_TOKEN_DAYS = env.int("API_TOKEN_DAYS", 365, validate=Range(min=1, max=1826))
REST_FRAMEWORK = {
    # The first one says how to log in: 401 with WWW-Authenticate.
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.tokens.backends.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["core.api.parsers.ObjectParser", "rest_framework.parsers.MultiPartParser"],
    "DEFAULT_THROTTLE_CLASSES": ["core.api.throttles.ReadThrottle", "core.api.throttles.ActThrottle"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_METADATA_CLASS": None,
    "EXCEPTION_HANDLER": "core.api.problems.told",
    "URL_FORMAT_OVERRIDE": None,
    # Without a proxy of ours nobody's X-Forwarded-For is believed.
    "NUM_PROXIES": 1 if BEHIND_PROXY else 0,
    "COERCE_DECIMAL_TO_STRING": True,
}
# Where each verb is an address of its own: what a reader of the schema looks for.
API_SCHEMA_URLCONF = "config.schema_urls"
SPECTACULAR_SETTINGS = {
    "TITLE": "共青团购买服务平台",
    "DESCRIPTION": "列清单、发订单、购服务、评项目、审资金、做决算",
    "VERSION": "1.0.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "DEFAULT_GENERATOR_CLASS": "core.api.schema.Generator",
    # Enumerations are written where they are used: rooms share words such as "draft" and mean different things.
    "POSTPROCESSING_HOOKS": ["core.api.schema.shorten"],
}

# --- 11. Log (one JSON line a request; no personal data, no text of a bid) ---------------------------------------------

LOG_LEVEL = env.str("LOG_LEVEL", "INFO", validate=OneOf(["DEBUG", "INFO", "WARNING", "ERROR"]))
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {
            "()": "pythonjsonlogger.json.JsonFormatter",
            "format": "%(levelname)s %(name)s %(message)s",
            "rename_fields": {"levelname": "level", "name": "logger"},
            "timestamp": "at",
            # Django hands its records the request itself, address and all.
            "reserved_attrs": [*RESERVED_ATTRS, "request"],
            "json_ensure_ascii": False,
        },
    },
    "filters": {"request_id": {"()": "config.logs.RequestIdFilter"}},
    "handlers": {
        "stream": {"class": "logging.StreamHandler", "formatter": "json", "filters": ["request_id"]},
        "nowhere": {"class": "logging.NullHandler"},
    },
    "root": {"handlers": ["stream"], "level": LOG_LEVEL},
    "loggers": {
        # Django's own handlers would repeat each line and mail the administrators with the form's content.
        "django": {"handlers": ["stream"], "level": LOG_LEVEL, "propagate": False},
        # Refusals stand in the request's own line; here only what broke.
        "django.request": {"level": "ERROR"},
        "django.security.DisallowedHost": {"handlers": ["nowhere"], "propagate": False},
        "django.server": {"handlers": [], "level": "WARNING", "propagate": True},
        "axes": {"level": "ERROR"},
        # Their INFO tells of every font and glyph.
        "fontTools": {"level": "WARNING"},
        "weasyprint": {"level": "ERROR"},
        "pypdf": {"level": "ERROR"},
    },
}

# --- 12. Metrics (core/metrics.py) ------------------------------------------------------------------------------------

# Without a token there are no metrics. The folder belongs to the web processes of one machine or container, is emptied
# when they start, and is named to the library before it is first imported.
METRICS_TOKEN = env.str("METRICS_TOKEN", "", validate=Regexp(r"$|\S{32,}$"))
METRICS_DIR = Path(env.str("METRICS_DIR", "") or DATA_DIR / "metrics")
if METRICS_TOKEN:
    METRICS_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(METRICS_DIR)

# --- 13. Notices that leave the platform (core/channels.py); everybody is told inside it anyway -------------------------

# No server named: no e-mail is offered.
EMAIL_HOST = env.str("EMAIL_HOST", "")
EMAIL_PORT = env.int("EMAIL_PORT", 465, validate=Range(min=1, max=65535))
EMAIL_HOST_USER = env.str("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = env.str("EMAIL_HOST_PASSWORD", "")
EMAIL_SECURITY = env.str("EMAIL_SECURITY", "ssl", validate=OneOf(["ssl", "starttls", "none"]))
EMAIL_USE_SSL = EMAIL_SECURITY == "ssl"
EMAIL_USE_TLS = EMAIL_SECURITY == "starttls"
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("EMAIL_FROM", "") or EMAIL_HOST_USER or "noreply@localhost"
# Group robots are asked on these hosts (host or host:port) and nowhere else.
WEBHOOK_HOSTS = env.list("WEBHOOK_HOSTS", ["qyapi.weixin.qq.com"])
