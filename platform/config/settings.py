"""One settings module for every process and every environment: only environment variables differ.

Each variable is listed with its meaning in `.env.example`. Safe by default: DEBUG is off, and there is no
SECRET_KEY and no database unless somebody sets them (`python3 manage.py up` does).
"""

import os
from datetime import timedelta
from importlib.resources import files
from pathlib import Path

import django_stubs_ext

from config import env, people, rest, schedule, stack
from config.providers import sign_in_providers

django_stubs_ext.monkeypatch()  # lets ModelForm[User] and the like be written at run time

# --- Where things are -------------------------------------------------------------------------------------

BASE_DIR = Path(__file__).resolve().parent.parent.parent
DATA_DIR = Path(env.text("DATA_DIR", str(BASE_DIR / "var"))).resolve()

DEBUG = env.flag("DEBUG")
SECRET_KEY = env.secret("SECRET_KEY", "insecure-key-for-tests-and-development" if DEBUG else None)
# Seals the vault (base64 of 32 bytes). Without it the originals of replaced personal data are not kept.
VAULT_KEY = env.secret("VAULT_KEY", "")
# Those that it followed, until `manage.py vault_keys rotate` says that nothing needs them any more.
VAULT_KEYS_OLD = env.secret("VAULT_KEYS_OLD", "").replace(",", " ").split()
# The file that the keys of people in dialogues are backed up to, apart from all other backups.
VAULT_KEYS_BACKUP = env.text("VAULT_KEYS_BACKUP")
# How many items' originals one person looks at in an hour, at most.
VAULT_REVEALS_PER_HOUR = env.integer("VAULT_REVEALS_PER_HOUR", 60)
# How many items of a project one person holds at most in the workbench, those fetched ahead included.
LIVE_LEASES = env.integer("LIVE_LEASES", 14)
# For how long the workbench should last without a network, at the pace of the person at work.
OFFLINE_SECONDS = env.integer("OFFLINE_SECONDS", 60)
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS")
SITE_URL = env.text("SITE_URL", "http://127.0.0.1:8000").rstrip("/")

# --- Applications -----------------------------------------------------------------------------------------

INSTALLED_APPS = stack.APPS
MIDDLEWARE = stack.MIDDLEWARE
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = stack.templates(BASE_DIR / "templates")

# --- Data -------------------------------------------------------------------------------------------------

DATABASES = {
    "default": {
        **env.database("DATABASE_URL"),
        # A plan of `common.prepared` lives as long as its connection: so long it may miss how a table grew.
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }
}
DATABASES["default"]["OPTIONS"] = {"connect_timeout": 5, **DATABASES["default"]["OPTIONS"]}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.secret("REDIS_URL", "redis://127.0.0.1:6379/0")
CACHES = {
    "default": {
        "BACKEND": "common.cache.ForgivingRedisCache",
        "LOCATION": REDIS_URL,
        # One that hangs is as good as gone: a page can do without it.
        "OPTIONS": {"socket_timeout": 2},
    }
}

MEDIA_ROOT = DATA_DIR / "media"
DATA_UPLOAD_MAX_MEMORY_SIZE = 20 * 1024 * 1024
FILE_UPLOAD_TEMP_DIR = None
# Processes that look for personal data in a large file, beside the one that reads and stores it.
IMPORT_PROCESSES = env.integer("IMPORT_PROCESSES", min(4, os.cpu_count() or 1))
IMPORT_MAX_LINE_BYTES = env.integer("IMPORT_MAX_LINE_BYTES", 4 * 1024 * 1024)
ARTIFACTS_DIR = Path(env.text("ARTIFACTS_DIR", str(DATA_DIR / "artifacts")))
BASE_MODEL = env.text("BASE_MODEL", "starter")
# Folders below which any trainer may name a base model; other folders only an admin of the site may name.
BASE_MODELS_DIRS = env.words("BASE_MODELS_DIRS")
# A causal decoder that puts customer service's approved answers into words; without it they are given as is.
ANSWER_DECODER = env.text("ANSWER_DECODER", "")
# Lets admins put versions on a model hub; without it nothing is ever sent there.
HUB_TOKEN = env.secret("HUB_TOKEN", "")
# What a process that answers questions to models keeps in memory: so many of them, and so many megabytes.
SERVED_MODELS = env.integer("SERVED_MODELS", 8)
SERVED_MODELS_MB = env.integer("SERVED_MODELS_MB", 1024)
# Threads of one forward pass there. Several processes serve, and each has its passes: they share the cores.
SERVING_THREADS = env.integer("SERVING_THREADS", 1)

# --- People -----------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = people.HASHERS
AUTH_PASSWORD_VALIDATORS = people.PASSWORD_RULES
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_FORMS = {
    "signup": "privacy.signup.SignupForm",
    "reset_password": "accounts.address_forms.AskForPasswordForm",
    "request_login_code": "accounts.address_forms.AskForCodeForm",
}
EMAIL_BACKEND = env.text("EMAIL_BACKEND", "django.core.mail.backends.console.EmailBackend")
# Mail that goes to the server's own log reaches nobody: what needs a mailbox is not offered then.
MAIL_REACHES_PEOPLE = DEBUG or not EMAIL_BACKEND.endswith(("console.EmailBackend", "dummy.EmailBackend"))
ACCOUNT_EMAIL_VERIFICATION = env.text("EMAIL_VERIFICATION", "optional")
# Before somebody comes in a code is as good as a link, and stays in the browser; later it is a link.
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = ACCOUNT_EMAIL_VERIFICATION == "mandatory"
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_EMAIL_NOTIFICATIONS = MAIL_REACHES_PEOPLE
ACCOUNT_LOGIN_BY_CODE_ENABLED = MAIL_REACHES_PEOPLE
ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 15 * 60
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 15 * 60
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SIGNUP_OPEN = env.flag("SIGNUP_OPEN", True)
# Whoever forges X-Forwarded-For must not get past a limit on sign-ins.
PROXIES = env.integer("PROXIES", 1 if env.flag("HTTPS") else 0)
ALLAUTH_TRUSTED_PROXY_COUNT = PROXIES

MFA_ADAPTER = "privacy.second_factors.SealingAdapter"
MFA_FORMS = people.SECOND_FACTOR_FORMS
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
# allauth signs nobody up by passkey whose mailbox is not proven in the same session.
MFA_PASSKEY_SIGNUP_ENABLED = ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED
# Where no mail arrives nobody could prove a mailbox, and so nobody could have a second factor.
MFA_ALLOW_UNVERIFIED_EMAIL = not MAIL_REACHES_PEOPLE or ACCOUNT_EMAIL_VERIFICATION == "none"
MFA_TOTP_ISSUER = "Manyhands"
# One step of 30 s early or late (RFC 6238, section 5.2).
MFA_TOTP_TOLERANCE = 1
# Browsers offer passkeys on HTTPS and on localhost, which needs no HTTPS.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = DEBUG
# Site roles whose holders reach nothing before they have a second factor: admin, requester, reviewer.
MFA_REQUIRED_ROLES = env.words("MFA_REQUIRED_ROLES")

SOCIALACCOUNT_ADAPTER = "accounts.adapter.SocialAdapter"
SOCIALACCOUNT_FORMS = {"signup": "privacy.signup.SocialSignupForm"}
SOCIALACCOUNT_PROVIDERS = sign_in_providers()
# Always by the form: notice, age and consents are asked for there as well.
SOCIALACCOUNT_AUTO_SIGNUP = False
# An address that a provider names opens no account that exists (decision 206).
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False
SOCIALACCOUNT_STORE_TOKENS = False
TOKEN_LIFETIME = timedelta(days=env.integer("TOKEN_LIFETIME_DAYS", 90))
EMAIL_HOST = env.text("EMAIL_HOST", "localhost")
EMAIL_PORT = env.integer("EMAIL_PORT", 25)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER")
EMAIL_HOST_PASSWORD = env.secret("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = env.flag("EMAIL_USE_TLS")
# A mail server that says nothing must hold neither a worker nor a page.
EMAIL_TIMEOUT = env.integer("EMAIL_TIMEOUT", 20)
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "Manyhands <noreply@localhost>")

# --- Privacy ----------------------------------------------------------------------------------------------

# What the notices say about who is responsible; a version cannot be published without the first three.
CONTROLLER_NAME = env.text("CONTROLLER_NAME")
CONTROLLER_ADDRESS = env.text("CONTROLLER_ADDRESS")
CONTROLLER_EMAIL = env.text("CONTROLLER_EMAIL")
DPO_CONTACT = env.text("DPO_CONTACT")
LOCAL_REPRESENTATIVE = env.text("LOCAL_REPRESENTATIVE")
SUPERVISORY_AUTHORITY = env.text("SUPERVISORY_AUTHORITY")
DATA_LOCATION = env.text("DATA_LOCATION")
DATA_RECIPIENTS = env.text("DATA_RECIPIENTS")
# Which laws' notices are shown; the first one is for whoever lives elsewhere.
PRIVACY_REGIMES = env.words("PRIVACY_REGIMES", "gdpr,ccpa,pipl")
MINIMUM_AGE = env.integer("MINIMUM_AGE", 16)
# Whether answers are exported and trained on only if their author said yes, instead of unless they said no.
ANSWERS_NEED_CONSENT = env.flag("ANSWERS_NEED_CONSENT")
# Under which licence and on which legal basis a project's texts are held that says nothing itself. As it is:
# the operator's own conversations, all rights reserved, exported by its own people and passed on to nobody.
# Empty: each project states its terms first, and exports nothing before.
DATA_LICENCE = env.text("DATA_LICENCE", "LicenseRef-Proprietary")
DATA_LEGAL_BASIS = env.text("DATA_LEGAL_BASIS", "legitimate_interest")
# How many people must share what a table says of each of them (languages, country) before it is shown.
K_ANONYMITY = env.integer("K_ANONYMITY", 5)
# How long the proof of a consent outlives an erased person's account, for the defence of legal claims.
CONSENT_PROOF_DAYS = env.integer("CONSENT_PROOF_DAYS", 3 * 365)

# --- Money ------------------------------------------------------------------------------------------------

# The most that one person gets as bonuses from one project in a day, in whole units.
BONUS_CAPS = env.amounts("BONUS_CAPS", "*=100,CNY=700,JPY=15000,KRW=130000,KWD=30,VND=2500000")
# What an hour should earn at least; a project below it is marked. None for a currency that is not named.
FAIR_RATE_FLOORS = env.amounts("FAIR_RATE_FLOORS", "USD=8,GBP=6")
PAYOUT_PROVIDER = env.text("PAYOUT_PROVIDER", "manual")
PAYOUT_FOLDER = Path(env.text("PAYOUT_FOLDER", str(DATA_DIR / "payouts")))
PAYOUT_DEBTOR = {
    "name": env.text("PAYOUT_DEBTOR_NAME"),
    "account": env.text("PAYOUT_DEBTOR_ACCOUNT"),
    "bic": env.text("PAYOUT_DEBTOR_BIC"),
}

# --- REST -------------------------------------------------------------------------------------------------

REST_FRAMEWORK = rest.framework(proxies=PROXIES)
SPECTACULAR_SETTINGS = rest.DOCUMENT

# --- Finance monitor --------------------------------------------------------------------------------------

# Folders (with commas between) below which a monitor may look for news.
FINANCE_FEED_DIRS = env.words("FINANCE_FEED_DIRS")
# Whether feeds and webhooks may be in private networks.
FINANCE_PRIVATE_NETWORKS = env.flag("FINANCE_PRIVATE_NETWORKS")

# --- Background work --------------------------------------------------------------------------------------

CELERY_BROKER_URL = env.broker(REDIS_URL)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = schedule.ROUTES
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = schedule.TRANSPORT
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # a worker tries until the broker is back
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "beat-schedule")
CELERY_BEAT_SCHEDULE = schedule.BEAT

# --- Pages ------------------------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("zh-hans", "简体中文")]
FORMAT_MODULE_PATH = ["config.formats"]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "static/"
STATIC_ROOT = Path(env.text("STATIC_ROOT", str(DATA_DIR / "static")))
STATICFILES_DIRS = [BASE_DIR / "static", ("plotly", str(files("plotly") / "package_data"))]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "common.modules.ModuleStorage"
    },
}
WHITENOISE_USE_FINDERS = DEBUG

CONTENT_SECURITY_POLICY = stack.CONTENT_SECURITY_POLICY
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
HTTPS = env.flag("HTTPS")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_HSTS_SECONDS = 31536000 if HTTPS else 0

# Whether a text in an audit event is an error (while developing) or left out.
AUDIT_STRICT = DEBUG

# --- Logs -------------------------------------------------------------------------------------------------

# Every record is scrubbed as it is made; error reports show no values (docs/privacy.md).
LOGGING_CONFIG = "privacy.logs.configure"
DEFAULT_EXCEPTION_REPORTER = "privacy.reports.QuietReporter"
DEFAULT_EXCEPTION_REPORTER_FILTER = "privacy.reports.HideValues"
ADMINS = [("", address) for address in env.words("ADMINS")]
SERVER_EMAIL = DEFAULT_FROM_EMAIL
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env.text("LOG_LEVEL", "INFO")},
    "loggers": {"django.request": {"level": "ERROR"}, "httpx": {"level": "WARNING"}},
}
