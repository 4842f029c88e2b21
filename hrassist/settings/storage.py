"""Static files, and where resumes are kept."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from hrassist import env
from hrassist.settings.base import BASE_DIR, DEVELOPMENT, TESTING, VAR_DIR

# --- Static files and uploads -----------------------------------------------------------------------------------------

STATIC_URL = "/static/"
# What was collected once is looked through by every client of a test, and is not what the test is about.
STATIC_ROOT = Path(env.text("HRASSIST_STATIC_ROOT", str(VAR_DIR / ("static-of-tests" if TESTING else "static"))))
STATICFILES_DIRS = [BASE_DIR / "hrassist" / "static"]
# Nothing that a browser uploads passes through a form of ours: small limits on purpose.
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000

AWS_ACCESS_KEY_ID = env.secret("AWS_ACCESS_KEY_ID", "")
AWS_SECRET_ACCESS_KEY = env.secret("AWS_SECRET_ACCESS_KEY", "")
AWS_S3_BUCKET_NAME = env.text("AWS_S3_BUCKET_NAME", "")
AWS_S3_REGION = env.text("AWS_S3_REGION", "us-east-1")
AWS_S3_ENDPOINT_URL = env.text("AWS_S3_ENDPOINT_URL", "")
S3_INCOMING_BUCKET_NAME = env.text("HRASSIST_S3_INCOMING_BUCKET_NAME", AWS_S3_BUCKET_NAME)
S3_UPLOAD_METHOD = env.choice("HRASSIST_S3_UPLOAD_METHOD", "auto", among=("auto", "post", "put"))
S3_PREFIX = env.text("HRASSIST_S3_PREFIX", "")
S3_ADDRESSING_STYLE = env.choice("HRASSIST_S3_ADDRESSING_STYLE", "auto", among=("auto", "path", "virtual"))
STORAGE_BACKEND = "s3" if AWS_S3_BUCKET_NAME else "disk"
DISK_STORAGE_DIR = Path(env.text("HRASSIST_STORAGE_DIR", str(VAR_DIR / "storage")))

STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": DISK_STORAGE_DIR}},
    "staticfiles": {
        "BACKEND": (
            "django.contrib.staticfiles.storage.StaticFilesStorage"
            if TESTING
            # Compressing takes ten processor seconds, which nobody should wait for at a first start.
            else "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"
            if DEVELOPMENT
            else "whitenoise.storage.CompressedManifestStaticFilesStorage"
        )
    },
}
if STORAGE_BACKEND == "s3":
    STORAGES["default"] = {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "access_key": AWS_ACCESS_KEY_ID,
            "secret_key": AWS_SECRET_ACCESS_KEY,
            "bucket_name": AWS_S3_BUCKET_NAME,
            "region_name": AWS_S3_REGION,
            "endpoint_url": AWS_S3_ENDPOINT_URL or None,
            "location": S3_PREFIX,
            "addressing_style": S3_ADDRESSING_STYLE,
            "default_acl": None,
            "file_overwrite": False,
            "querystring_expire": 60,
        },
    }

UPLOAD_MAX_BYTES = env.number("HRASSIST_UPLOAD_MAX_MB", 10, least=1, most=100) * 1024 * 1024
UPLOAD_TICKET_LIFETIME = timedelta(minutes=15)
UPLOAD_CONFIRM_GRACE = timedelta(minutes=15)
UPLOAD_OPEN_TICKETS_PER_USER = env.number("HRASSIST_UPLOAD_OPEN_TICKETS", 500, least=1)
UPLOAD_BYTES_PER_USER_DAY = env.number("HRASSIST_UPLOAD_MB_PER_DAY", 20_000, least=1) * 1024 * 1024

CLAMD_SOCKET = env.text("HRASSIST_CLAMD_SOCKET", "")
# nginx serves the bytes when it stands in front: the app answers with this internal location instead.
ACCEL_REDIRECT_PREFIX = env.text("HRASSIST_ACCEL_REDIRECT_PREFIX", "")
