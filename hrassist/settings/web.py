"""What leaves over HTTP: the API, its limits, headers and the content policy."""

from typing import Any

from csp.constants import NONE, SELF

from hrassist import env
from hrassist.settings.base import DEVELOPMENT
from hrassist.settings.storage import (
    AWS_S3_BUCKET_NAME,
    AWS_S3_ENDPOINT_URL,
    AWS_S3_REGION,
    S3_INCOMING_BUCKET_NAME,
)

# --- API --------------------------------------------------------------------------------------------------------------

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "hrassist.api.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["hrassist.lib.rest.ScopedModelPermission"],
    "DEFAULT_PAGINATION_CLASS": "hrassist.lib.rest.OpaqueCursorPagination",
    "DEFAULT_RENDERER_CLASSES": ["hrassist.lib.rest.OrjsonRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_THROTTLE_CLASSES": ["hrassist.lib.rest.RateThrottle"],
    "DEFAULT_SCHEMA_CLASS": "hrassist.api.schema.ProblemAutoSchema",
    "EXCEPTION_HANDLER": "hrassist.api.errors.handle",
    "NUM_PROXIES": env.number("HRASSIST_TRUSTED_PROXIES", 0),
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
# Models live above hrassist.lib: it is told here who keeps the answers to repeated POSTs.
API_ANSWER_ONCE = "hrassist.api.idempotency.answer_once"
# The first ones may come at once, then one each 60/limit seconds, for each token or person.
API_REQUESTS_PER_MINUTE = env.number("HRASSIST_API_REQUESTS_PER_MINUTE", 1000, least=1)
# Single limits of hrassist.lib.limits changed: search=240/60,export=10/3600.
LIMITS = env.paces("HRASSIST_LIMITS")
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "hrassist",
    "DESCRIPTION": "The recruitment back office as an API. Guide: docs/api.md.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "JobStatus": "jobs.models.Job.Status",
        "EmploymentType": "jobs.models.Job.EmploymentType",
        "TeamRole": "jobs.models.HiringTeamMember.Role",
        "StageKind": "jobs.models.Stage.Kind",
        "ApplicationStatus": "jobs.models.Application.Status",
        "RejectionKind": "jobs.models.RejectionReason.Kind",
        "EvidenceStrength": "jobs.models.MatchEvidence.Strength",
        "ContactStatus": "candidates.models.contact.Contact.Status",
        "ContactType": "candidates.models.contact.Contact.Type",
        "ResumeState": "candidates.models.Resume.State",
        "ReportKind": "jobs.models.report_document.ReportKind",
        "ReportState": "jobs.models.ReportDocument.State",
        "TailoringState": "jobs.models.TailoringRun.State",
        "TailoringStepState": "jobs.models.TailoringStep.State",
        "UploadState": "candidates.models.UploadTicket.State",
        "UploadMethod": "candidates.models.UploadTicket.Method",
    },
}
CORS_ALLOWED_ORIGINS = env.items("CORS_ORIGINS")
CORS_URLS_REGEX = r"^/api/.*$"
CORS_ALLOW_CREDENTIALS = False

# --- Calls to the outside ---------------------------------------------------------------------------------------------

EGRESS_HOSTS = env.items("HRASSIST_EGRESS_HOSTS")
EGRESS_PORTS = [443, *env.numbers("HRASSIST_EGRESS_PORTS", most=65_535)]
# Names that may lead into the operator's own network, for example of a model server.
EGRESS_INTERNAL_HOSTS = env.items("HRASSIST_EGRESS_INTERNAL_HOSTS")
# host:port of language models in that network that have no TLS, such as an Ollama on this machine.
EGRESS_PLAIN_HOSTS = env.items("HRASSIST_EGRESS_PLAIN_HOSTS")
EGRESS_CA_FILE = env.text("HRASSIST_EGRESS_CA_FILE", "")
EGRESS_PROXY = env.text("HRASSIST_EGRESS_PROXY", "")

# --- Transport and headers --------------------------------------------------------------------------------------------

SECURE_SSL_REDIRECT = env.flag("HRASSIST_SSL_REDIRECT", default=not DEVELOPMENT)
SECURE_REDIRECT_EXEMPT = [r"^livez$", r"^readyz$"]
SECURE_HSTS_SECONDS = 0 if DEVELOPMENT else env.number("HRASSIST_HSTS_SECONDS", 31_536_000)
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
TRUSTED_PROXIES = env.number("HRASSIST_TRUSTED_PROXIES", 0)
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# Whether the proxy stands before several hosts and sends what one of them had in its hands to the next (docs/adr/0032).
WRITES_REPEATED = env.flag("HRASSIST_WRITES_REPEATED", default=False)
# Where browsers tell what the policy refused; counted by hrassist.policy_reports.
POLICY_REPORTS_PATH = "policy-reports"
CONTENT_SECURITY_POLICY: dict[str, Any] = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        # Filled by hrassist.lib.storage when the browser talks to an object store.
        "connect-src": [SELF, *env.items("HRASSIST_UPLOAD_ORIGINS")],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
        "manifest-src": [SELF],
        # The newer word and the older one; browsers that know both use the first.
        "report-to": ["policy"],
        "report-uri": [f"/{POLICY_REPORTS_PATH}"],
    }
}
if AWS_S3_ENDPOINT_URL:
    CONTENT_SECURITY_POLICY["DIRECTIVES"]["connect-src"].append("/".join(AWS_S3_ENDPOINT_URL.split("/")[:3]))
elif AWS_S3_BUCKET_NAME:
    CONTENT_SECURITY_POLICY["DIRECTIVES"]["connect-src"].append(
        f"https://{S3_INCOMING_BUCKET_NAME}.s3.{AWS_S3_REGION}.amazonaws.com"
    )
# Behind a proxy the stream process answers at the pages' own address. In development there is none, so it has a port.
STREAM_PORT = env.number("HRASSIST_STREAM_PORT", 0, most=65_535)
if DEVELOPMENT and STREAM_PORT:
    CONTENT_SECURITY_POLICY["DIRECTIVES"]["connect-src"] += [
        f"http://{host}:{STREAM_PORT}" for host in ("localhost", "127.0.0.1")
    ]
