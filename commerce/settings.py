"""The one settings file. Everything that differs between machines comes from the environment.

ONECOUNTER_MODE   development (default) or production. Production refuses default secrets.
ONECOUNTER_ROLE   web (default), worker or command: only the web keeps a connection pool.
ONECOUNTER_DEMO   1: the demo shop is open (bin/run sets it); never in production.
ONECOUNTER_VAR    where state lives instead of var/.
SECRET_KEY, ALLOWED_HOSTS, CSRF_TRUSTED_ORIGINS, PORT
DATABASE_URL, REDIS_URL   given: used as they are; absent: what bin/run started, found through var/run.json.
AWS_EVENT_BUS, AWS_REGION, AWS_ENDPOINT_URL, AWS_MEDIA_BUCKET   absent: events stay visible as deliveries, media on disk.
PERSONAL_KEY   32 bytes as base64, what personal data is sealed under. Lost, that data is lost; production refuses the development default.
SHOP_COUNTRY   two letters: where a phone number or an address without a country is (DE).
GATEWAY_SIMULATOR_URL, GATEWAY_SIMULATOR_SECRET   the payment provider that only plays one (bin/run); never in production.
STRIPE_SECRET_KEY, STRIPE_WEBHOOK_SECRET, STRIPE_URL   absent: no payments by Stripe.
MAIL_FROM, SMTP_HOST, SMTP_PORT, SMTP_USER, SMTP_PASSWORD, SMTP_TLS   who writes to customers, through which server; absent: nobody.
TAX_QUOTES   the dotted path of who works out the tax of what is sent somewhere; absent: our own zones and rates.
"""

import base64
import json
import os
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from commerce.pooled import PooledConnection

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(os.environ.get("ONECOUNTER_VAR") or BASE_DIR / "var")
DEFAULT_SECRET_KEY = "only-for-development-never-in-production-0000000000000000000000"  # noqa: S105


def running(name: str) -> str:
    """What bin/run wrote about the services it started, so that manage.py finds them by itself."""
    try:
        return str(json.loads((VAR_DIR / "run.json").read_text()).get(name, ""))
    except (OSError, ValueError):
        return ""


def setting(name: str, default: str = "") -> str:
    return os.environ.get(name) or running(name) or default


def listed(name: str, default: str) -> list[str]:
    return [part.strip() for part in setting(name, default).split(",") if part.strip()]


MODE = setting("ONECOUNTER_MODE", "development")
ROLE = os.environ.get("ONECOUNTER_ROLE", "web")
# Worker and relay touch it once they are at work; bin/run waits for it.
READY_FILE = os.environ.get("ONECOUNTER_READY_FILE", "")
PRODUCTION = MODE == "production"
if MODE not in ("development", "production"):
    # A misspelt word must not start the shop with the development default's secret and cookies.
    raise ImproperlyConfigured(f"ONECOUNTER_MODE is {MODE!r}. It is development or production.")
DEBUG = False
DEMO = not PRODUCTION and setting("ONECOUNTER_DEMO") == "1"

SECRET_KEY = setting("SECRET_KEY", DEFAULT_SECRET_KEY)
if PRODUCTION and (SECRET_KEY == DEFAULT_SECRET_KEY or len(SECRET_KEY) < 50):
    raise ImproperlyConfigured(
        "SECRET_KEY is the development default or shorter than 50 characters. Set SECRET_KEY to a long random value before starting in production."
    )

DEFAULT_PERSONAL_KEY = "b25seS1mb3ItZGV2ZWxvcG1lbnQtbmV2ZXItbGl2ZSE="
PERSONAL_KEY = setting("PERSONAL_KEY", DEFAULT_PERSONAL_KEY)
if PRODUCTION and PERSONAL_KEY == DEFAULT_PERSONAL_KEY:
    raise ImproperlyConfigured("PERSONAL_KEY is the development default. Set it to 32 random bytes as base64; keep a copy apart from the database.")
try:
    if len(base64.b64decode(PERSONAL_KEY, validate=True)) != 32:
        raise ValueError
except ValueError as error:
    raise ImproperlyConfigured("PERSONAL_KEY is not 32 bytes as base64.") from error
SHOP_COUNTRY = setting("SHOP_COUNTRY", "DE").upper()

PORT = int(setting("PORT", "8000"))
ALLOWED_HOSTS = listed("ALLOWED_HOSTS", "" if PRODUCTION else "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = listed("CSRF_TRUSTED_ORIGINS", "")

INSTALLED_APPS = [
    "backoffice",
    "integrations",
    "pos",
    "orders",
    "customers",
    "inventory",
    "catalog",
    "org",
    "kernel",
    "demo",
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "commerce.connections.PlainPostgresConfig",
    "commerce.staticfiles.BrowserPackagesConfig",
    "csp",
    "rest_framework",
    "graphene_django",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "commerce.lane.KeyLaneMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "commerce.csp.AreaPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "commerce.middleware.CardNumberMiddleware",
    "commerce.middleware.ActorMiddleware",
    "commerce.middleware.OfficeClockMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "commerce.urls"
WSGI_APPLICATION = "commerce.wsgi.application"
AUTH_USER_MODEL = "org.User"
AUTHENTICATION_BACKENDS = ["org.signing_in.PatientBackend"]
LOGIN_URL = "/admin/login/"
LOGIN_REDIRECT_URL = "admin:index"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

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
            ],
        },
    },
]


def database(url: str) -> dict[str, object]:
    """postgresql://user:password@host:port/name?host=/socket/dir as Django wants it."""
    parts = urlsplit(url)
    query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    options: dict[str, object] = {"server_side_binding": True, "prepare_threshold": 2, "application_name": f"onecounter-{ROLE}"}
    if ROLE == "web":
        # Requests want few rows at once: compiling a plan, or starting processes for it, takes longer than they do.
        options["options"] = "-c jit=off -c max_parallel_workers_per_gather=0"
        # max_size must not be below granian's blocking threads, or threads wait for a connection.
        options["pool"] = {"min_size": 1, "max_size": 6, "timeout": 5, "connection_class": PooledConnection}
    if "sslmode" in query:
        options["sslmode"] = query["sslmode"]
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/") or "onecounter",
        "USER": unquote(parts.username or "postgres"),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.get("host") or parts.hostname or "",
        "PORT": str(parts.port or query.get("port", "")),
        "CONN_MAX_AGE": 0 if ROLE == "web" else 300,
        # A pooled connection too: after a restart of the database the first requests would fail otherwise.
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options,
    }


DATABASES = {"default": database(setting("DATABASE_URL", "postgresql://postgres@localhost/onecounter"))}

REDIS_URL = setting("REDIS_URL", "redis://127.0.0.1:6379/0")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL.replace("redis+socket://", "unix://"),
        "KEY_PREFIX": "onecounter",
    }
}

CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://").replace("?db=", "?virtual_host=")
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TIMEZONE = "UTC"
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 3600, "socket_connect_timeout": 2, "socket_timeout": 5}
# Without it Celery closes the connection around every task and nothing stays prepared.
CELERY_DB_REUSE_MAX = 500

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch"), ("fr", "Français")]
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
# The till's scripts as they are served, made of their sources by pos/bundle.mjs.
BUNDLES = VAR_DIR / "bundled"
# Read by openpyxl when it is first imported. defusedxml parses in Python, twice as slow as the standard library does in C; what it
# guards against, a document type with entities, is refused in catalog/importing/reading.py before anything is parsed.
os.environ["OPENPYXL_DEFUSEDXML"] = "False"
STATICFILES_DIRS = [
    # Where nothing was bundled, as for a command or a test, there is none.
    *(folder for folder in [BUNDLES / "static"] if folder.exists()),
    ("vendor/inter", BASE_DIR / "node_modules/@fontsource-variable/inter/files"),
    ("vendor/graphiql", BASE_DIR / "node_modules/graphiql"),
    ("vendor/react", BASE_DIR / "node_modules/react/umd"),
    ("vendor/react-dom", BASE_DIR / "node_modules/react-dom/umd"),
]
STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder", "commerce.staticfiles.OurFinder"]
# By Django's hash in the name, or by the bundler's.
WHITENOISE_IMMUTABLE_FILE_TEST = r"\.[0-9a-f]{12}\.|/pos/parts/"
MEDIA_ROOT = VAR_DIR / "media"
MEDIA_URL = "/media/"

# Of the demo staff; empty: made up when they are made.
DEMO_PASSWORD = os.environ.get("DEMO_PASSWORD", "")

AWS_REGION = setting("AWS_REGION", setting("AWS_DEFAULT_REGION", "eu-central-1"))
AWS_ENDPOINT_URL = setting("AWS_ENDPOINT_URL") or None
AWS_EVENT_BUS = setting("AWS_EVENT_BUS")
AWS_MEDIA_BUCKET = setting("AWS_MEDIA_BUCKET")

GATEWAY_SIMULATOR_URL = "" if PRODUCTION else setting("GATEWAY_SIMULATOR_URL")
GATEWAY_SIMULATOR_SECRET = setting("GATEWAY_SIMULATOR_SECRET", "simulator-only")
STRIPE_SECRET_KEY = setting("STRIPE_SECRET_KEY")
STRIPE_WEBHOOK_SECRET = setting("STRIPE_WEBHOOK_SECRET")
STRIPE_URL = setting("STRIPE_URL", "https://api.stripe.com")
# Who moves money, by the name that an attempt keeps (orders.payments.Backend).
PAYMENT_BACKENDS: dict[str, str] = {}
if GATEWAY_SIMULATOR_URL:
    PAYMENT_BACKENDS["simulator"] = "integrations.gateway_simulator.client.Backend"
if STRIPE_SECRET_KEY:
    PAYMENT_BACKENDS["stripe"] = "integrations.stripe.client.Backend"

MAIL_FROM = setting("MAIL_FROM", "")
EMAIL_HOST, EMAIL_PORT = setting("SMTP_HOST", "localhost"), int(setting("SMTP_PORT", "25"))
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = setting("SMTP_USER", ""), setting("SMTP_PASSWORD", "")
EMAIL_USE_TLS = setting("SMTP_TLS", "") == "1"
EMAIL_TIMEOUT = 10

TAX_QUOTES = setting("TAX_QUOTES", "catalog.tax_quotes.OwnRates")

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "commerce.staticfiles.HashedStaticFilesStorage"},
}
if AWS_MEDIA_BUCKET:
    STORAGES["default"] = {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {  # type: ignore[dict-item]
            "bucket_name": AWS_MEDIA_BUCKET,
            "region_name": AWS_REGION,
            "endpoint_url": AWS_ENDPOINT_URL,
            "default_acl": "private",
        },
    }

STRICT_CSP = {
    "default-src": ["'none'"],
    "script-src": ["'self'"],
    "style-src": ["'self'"],
    "img-src": ["'self'", "data:"],
    "font-src": ["'self'"],
    "connect-src": ["'self'"],
    "worker-src": ["'self'"],
    "manifest-src": ["'self'"],
    "form-action": ["'self'"],
    "base-uri": ["'none'"],
    "frame-ancestors": ["'none'"],
}
CONTENT_SECURITY_POLICY = {"DIRECTIVES": STRICT_CSP}

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 60 * 60
CSRF_COOKIE_SAMESITE = "Lax"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
if PRODUCTION:
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["commerce.rest.ApiKeyAuthentication", "commerce.rest.StaffSessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["commerce.rest.DenyAll"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "commerce.rest.Negotiation",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["commerce.rest.ShallowJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "commerce.rest.problem_response",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Onecounter REST API",
    "VERSION": "1",
    "DESCRIPTION": "The REST door: the same rules, codes and rows as GraphQL.",
    "SERVE_PERMISSIONS": ["commerce.rest.PublicDocument"],
    "SERVE_AUTHENTICATION": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    # Of attributes: the name it had before there were other kinds.
    "ENUM_NAME_OVERRIDES": {
        "KindEnum": ["text", "number", "choice", "multi_choice", "boolean", "date", "measurement"],
        "CustomerKindEnum": "customers.models.Customer.Kind",
        "IdentityKindEnum": "customers.models.Identity.Kind",
        "DeliveryKindEnum": ["ship", "pickup", "digital"],
        "TenderKindEnum": "orders.models.Payment.Kind",
        "ValueKindEnum": [("gift_card", "Gift card"), ("store_credit", "Store credit"), ("points", "Points")],
    },
}
GRAPHENE = {"SCHEMA": "commerce.schema.schema"}

from commerce.unfold import UNFOLD  # noqa: E402, F401  the back office's look and navigation, kept apart for its length

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    # The pool tells three times a request that it lent a connection.
    "loggers": {"psycopg.pool": {"level": "WARNING"}, "stripe": {"level": "WARNING"}},
    "root": {"handlers": ["stderr"], "level": setting("LOG_LEVEL", "INFO")},
}
