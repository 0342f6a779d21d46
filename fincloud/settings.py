"""Every setting of FinCloud, read from the environment. What is missing stops the start.

`make run` sets these for a laptop; `docs/configuration.md` lists them for an installation.
"""

from pathlib import Path

import django_stubs_ext

from apps.api.versions import CURRENT as CURRENT_VERSION
from apps.core.logs import logging_config
from fincloud.environment import Env

django_stubs_ext.monkeypatch()

env = Env()
BASE_DIR = Path(__file__).resolve().parent.parent

# Secrets: no defaults. A start without them fails with the name of the missing variable.
SECRET_KEY = env.required("SECRET_KEY")
API_KEY_PEPPER = env.required("API_KEY_PEPPER")
DATABASE_URL = env.required("DATABASE_URL")
REDIS_URL = env.required("REDIS_URL")

DEBUG = env.bool("DEBUG", default=False)
BASE_URL = env.str("BASE_URL", default="http://127.0.0.1:8000").rstrip("/")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[BASE_URL])
LOG_FORMAT = env.str("LOG_FORMAT", default="json")
LOG_LEVEL = env.str("LOG_LEVEL", default="INFO")
# The bearer token of whoever collects /metrics; without one there is no such page.
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")

# Apps ---------------------------------------------------------------------------------------------
# An app is in both lists when some of its tables serve all environments (PUBLIC_MODELS) and the
# others belong to one; `fincloud.routers` tells them apart.
SHARED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "corsheaders",
    "rest_framework",
    "apps.core",
    "apps.api",
    "apps.tenants",
    "apps.identity",
    "apps.events",
    "apps.ledger",
    "apps.webhooks",
    "apps.backoffice",
]
TENANT_APPS = [
    "apps.events",
    "apps.files",
    "apps.ledger",
    "apps.accounts",
    "apps.balances",
    "apps.customers",
    "apps.payments",
    "apps.webhooks",
]
# django-tenants comes last, so that `manage.py create_tenant` is ours and not its own.
INSTALLED_APPS = [*dict.fromkeys([*SHARED_APPS, *TENANT_APPS]), "django_tenants"]
APPS_ON_BOTH_SIDES = {"events", "ledger", "webhooks"}
PUBLIC_MODELS = {
    "events.outboxrow",
    "ledger.ledgerverification",
    "webhooks.delivery",
    "webhooks.deliveryattempt",
}

TENANT_MODEL = "tenants.Environment"
TENANT_DOMAIN_MODEL = "tenants.Domain"
TENANT_LIMIT_SET_CALLS = True
TENANT_SYNC_ROUTER = "fincloud.routers.SchemaRouter"
DATABASE_ROUTERS = [TENANT_SYNC_ROUTER]

MIDDLEWARE = [
    "apps.api.middleware.RequestLogMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "apps.backoffice.middleware.ChosenEnvironmentMiddleware",
]
ROOT_URLCONF = "fincloud.urls"
WSGI_APPLICATION = "fincloud.wsgi.application"
APPEND_SLASH = False
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
            ]
        },
    }
]

# Database -----------------------------------------------------------------------------------------
DATABASES = {"default": env.database("DATABASE_URL")}
DATABASES["default"] |= {
    "ENGINE": "django_tenants.postgresql_backend",
    "CONN_MAX_AGE": env.int("DATABASE_CONN_MAX_AGE_S", default=300),
    # A use case opens its own transaction; a request never holds one open while a processor thinks.
    "ATOMIC_REQUESTS": False,
}
# Nobody waits for a lock for ever, and nobody who forgot to commit keeps one: both are answered as
# a conflict that a retry gets over.
LOCK_TIMEOUT_MS = env.int("DATABASE_LOCK_TIMEOUT_MS", default=10_000)
DATABASES["default"].setdefault("OPTIONS", {}).setdefault(
    "options",
    f"-c lock_timeout={LOCK_TIMEOUT_MS} -c idle_in_transaction_session_timeout=60000",
)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# The ledger --------------------------------------------------------------------------------------
# Which trigger keeps the balances of a new environment: `statement`, `row`, or what PostgreSQL can.
LEDGER_PROJECTION = env.choice(
    "LEDGER_PROJECTION", default="auto", choices=("auto", "statement", "row")
)
# What is posted is sealed within about two of these.
LEDGER_SEAL_EVERY_S = max(env.float("LEDGER_SEAL_EVERY_S", default=10.0), 1.0)
# How long a book rests after the verification has gone through it.
LEDGER_VERIFY_EVERY_S = env.float("LEDGER_VERIFY_EVERY_S", default=60.0)

# Celery: messages are doorbells, so losing one is safe and nothing is stored about results --------
CELERY_BROKER_URL = REDIS_URL
# A broker that does not answer must not hold up whoever rings: see apps/core/doorbell.py.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_connect_timeout": 1,
    "socket_timeout": 2,
    "max_retries": 1,
    "interval_start": 0,
}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_SERIALIZER = CELERY_RESULT_SERIALIZER = "json"
CELERY_TASK_TIME_LIMIT = 300
CELERY_BEAT_SCHEDULE = {
    "run due jobs": {"task": "core.run_due_jobs", "schedule": 2.0, "options": {"expires": 10}},
    "dispatch events": {"task": "webhooks.dispatch", "schedule": 2.0, "options": {"expires": 10}},
    "refill the schema pool": {
        "task": "tenants.refill_pool",
        "schedule": 30.0,
        "options": {"expires": 30},
    },
    "seal ledgers": {
        "task": "ledger.seal",
        "schedule": LEDGER_SEAL_EVERY_S,
        "options": {"expires": LEDGER_SEAL_EVERY_S},
    },
    "verify ledgers": {"task": "ledger.verify", "schedule": 5.0, "options": {"expires": 5}},
    "sweep": {"task": "api.sweep", "schedule": 600.0, "options": {"expires": 600}},
}

# Users and sessions -------------------------------------------------------------------------------
AUTH_USER_MODEL = "identity.User"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "admin:login"
SESSION_COOKIE_AGE = 12 * 3600

# Transport: on plain HTTP (a laptop) the cookies must not be marked secure, or no one can sign in.
IS_HTTPS = BASE_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_HTTPS
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=IS_HTTPS)
SECURE_HSTS_SECONDS = 31_536_000 if IS_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = IS_HTTPS
SECURE_PROXY_SSL_HEADER = (
    ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("BEHIND_PROXY", default=False) else None
)
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
X_FRAME_OPTIONS = "DENY"
# The largest request; the largest batch of ledger transactions; the largest file.
DATA_UPLOAD_MAX_MEMORY_SIZE = env.int("MAX_BODY_BYTES", default=5 * 1024 * 1024)
MAX_BATCH_BODY_BYTES = env.int("MAX_BATCH_BODY_BYTES", default=16 * 1024 * 1024)
# Files are a little more than their bytes: the parts of the body have names and borders.
MAX_FILE_BODY_BYTES = env.int("MAX_FILE_BYTES", default=16 * 1024 * 1024) + 64 * 1024
LARGEST_BODY_BYTES = max(DATA_UPLOAD_MAX_MEMORY_SIZE, MAX_BATCH_BODY_BYTES, MAX_FILE_BODY_BYTES)

# The API ------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["apps.identity.api.authentication.ApiKeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["apps.identity.api.permissions.KeyMayDoThis"],
    # `apps.api.views.WireView` reads and writes bodies itself.
    "DEFAULT_PARSER_CLASSES": [],
    "DEFAULT_RENDERER_CLASSES": [],
    "EXCEPTION_HANDLER": "apps.api.errors.handle",
    "DEFAULT_SCHEMA_CLASS": "apps.api.openapi.operations.WireSchema",
    "UNAUTHENTICATED_USER": None,
}

# The description of the API, kept as docs/openapi.json.
SPECTACULAR_SETTINGS = {
    "OAS_VERSION": "3.1.1",
    "TITLE": "FinCloud",
    "DESCRIPTION": (
        "Payments and a double-entry ledger, in the conventions of the Stripe protocol. Amounts "
        "are whole numbers of a currency's minor unit, times are Unix seconds, and an unknown "
        "parameter is refused."
    ),
    "VERSION": CURRENT_VERSION,
    "SERVERS": [{"url": "/", "description": "This installation."}],
    "POSTPROCESSING_HOOKS": ["apps.api.openapi.components.complete"],
    "SORT_OPERATION_PARAMETERS": False,
}

# Any page may call the API with a publishable key. There are no cookies under /v1, so a browser
# gives nothing away by it.
CORS_URLS_REGEX = r"^/v1/"
CORS_ALLOW_ALL_ORIGINS = True
CORS_ALLOW_METHODS = ["DELETE", "GET", "POST"]
CORS_ALLOW_HEADERS = [
    "authorization",
    "content-type",
    "idempotency-key",
    "stripe-account",
    "stripe-version",
]
CORS_EXPOSE_HEADERS = ["Request-Id", "Idempotent-Replayed", "Stripe-Should-Retry"]

# Product ------------------------------------------------------------------------------------------
SCHEMA_POOL_SIZE = env.int("SCHEMA_POOL_SIZE", default=3)
# How long a process may believe that a key still works. Revoking takes effect within five seconds.
API_KEY_CACHE_S = min(env.float("API_KEY_CACHE_S", default=2.0), 5.0)
# Seconds between a delivery's attempts; the last is given up after the last.
WEBHOOK_RETRY_DELAYS_S = env.list(
    "WEBHOOK_RETRY_DELAYS_S", cast=int, default=[5, 60, 300, 1800, 7200, 18000, 36000, 86400]
)
WEBHOOK_TIMEOUT_S = env.float("WEBHOOK_TIMEOUT_S", default=10.0)
# How long a processor may take to answer; then the outcome is unknown.
PROCESSOR_TIMEOUT_S = env.float("PROCESSOR_TIMEOUT_S", default=20.0)
# Seconds before a processor is asked what became of an order of which it gave no answer: the first
# time, the second time, and so on; then it is asked every hour.
PROCESSOR_ENQUIRY_DELAYS_S = env.list(
    "PROCESSOR_ENQUIRY_DELAYS_S", cast=int, default=[30, 60, 120, 300, 900, 3600]
)
# How long a standard payout can be canceled, before the bank is asked to pay.
PAYOUT_GRACE_S = env.int("PAYOUT_GRACE_S", default=60)
# How long a request holds its idempotency key before a retry may take it over.
IDEMPOTENCY_LEASE_S = env.int("IDEMPOTENCY_LEASE_S", default=60)
# The simulator thinks this long before and after it decides.
SIMULATOR_DELAY_BEFORE_MS = env.int("SIMULATOR_DELAY_BEFORE_MS", default=0)
SIMULATOR_DELAY_AFTER_MS = env.int("SIMULATOR_DELAY_AFTER_MS", default=0)

# Pages and files ----------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / ".data" / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    # What merchants upload. Several machines need a storage that all of them reach.
    "default": {
        "BACKEND": env.str("FILE_STORAGE", default="django.core.files.storage.FileSystemStorage"),
        "OPTIONS": env.json("FILE_STORAGE_OPTIONS", default={}),
    },
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = DEBUG
MEDIA_ROOT = env.str("FILES_FOLDER", default=str(BASE_DIR / ".data" / "media"))

LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_I18N = True
FORMAT_MODULE_PATH = "fincloud.formats"
USE_TZ = True

# The admin ----------------------------------------------------------------------------------------
UNFOLD = {
    "SITE_TITLE": "FinCloud",
    "SITE_HEADER": "FinCloud",
    "SITE_SUBHEADER": "Operators' admin, times in UTC",
    "SITE_ICON": "apps.backoffice.site.icon",
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": "apps.backoffice.site.icon"}
    ],
    "SITE_URL": None,
    "COLORS": {"primary": "apps.backoffice.site.primary_colour"},
    "STYLES": ["apps.backoffice.site.style"],
    "SIDEBAR": {"navigation": "apps.backoffice.site.navigation"},
    "ENVIRONMENT": "apps.backoffice.site.badge",
    "GLOBAL_CALLBACK": "apps.backoffice.site.more_context",
    "DASHBOARD_CALLBACK": "apps.backoffice.home.dashboard",
}

LOGGING_CONFIG = "logging.config.dictConfig"
LOGGING = logging_config(level=LOG_LEVEL, form=LOG_FORMAT)
