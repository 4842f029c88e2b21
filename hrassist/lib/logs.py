"""Logs and error reports without personal data.

Names cannot be found by a pattern, so nothing is kept that might hold one: of an exception its type and the lines of
code it passed, of a request its method and the pattern of its address, of other people's loggers the sentence without
what was put into it. The patterns of `scrub` are the belt over that.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import traceback
from types import TracebackType
from typing import Any

_EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+")
_TOKEN = re.compile(r"hra_[A-Za-z0-9_-]{8,}")
_PHONE = re.compile(r"\+?\d[\d ()./-]{8,}\d")
_OURS = ("hrassist", "candidates", "jobs", "audit")
# Errors of code and not of data: what they say is names of ours.
_ABOUT_CODE = {"AttributeError", "ImportError", "ModuleNotFoundError", "NameError", "NotImplementedError", "TypeError"}
# A quoted word is a name of code, and anything longer is somebody's.
_QUOTED = re.compile(r"'([^']*)'")
_NAME_OF_CODE = re.compile(r"[\w.]*")

ErrorInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


def scrub(text: str) -> str:
    """The text with e-mail addresses, API tokens and telephone numbers replaced by what they were."""
    return _PHONE.sub("[phone]", _TOKEN.sub("[token]", _EMAIL.sub("[email]", text)))


def said_by(error: BaseException) -> str:
    """What may be kept of an exception's message; mostly nothing, for it quotes what people wrote."""
    code = getattr(error, "code", None)
    if type(error).__module__.partition(".")[0] in _OURS and isinstance(code, str):
        return f"code {code}"
    if state := getattr(error, "sqlstate", None):
        diag = getattr(error, "diag", None)
        return " ".join(filter(None, (str(state), getattr(diag, "constraint_name", None))))
    if isinstance(error, OSError) and error.strerror:
        return f"errno {error.errno}"
    if type(error).__name__ in _ABOUT_CODE:
        return scrub(_QUOTED.sub(lambda word: word[0] if _NAME_OF_CODE.fullmatch(word[1]) else "'…'", str(error)))[:200]
    return ""


def passed_by(info: ErrorInfo) -> str:
    """The traceback of an exception and of those that led to it: types, files, lines and functions."""
    lines: list[str] = []
    error, seen = info[1], set[int]()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if lines:
            lines.append("which came of")
        said = said_by(error)
        lines.append(f"{type(error).__module__}.{type(error).__qualname__}{': ' + said if said else ''}")
        lines += [
            f"  {frame.filename}:{frame.lineno} in {frame.name}" for frame in traceback.extract_tb(error.__traceback__)
        ]
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\n".join(lines)


def message_of(record: logging.LogRecord) -> str:
    """What a record says, without what it quotes."""
    request = getattr(record, "request", None)
    if request is not None and hasattr(request, "method"):
        match = getattr(request, "resolver_match", None)
        status = getattr(record, "status_code", "")
        return f"{status} {request.method} {match.route if match else '(no address of ours)'}".strip()
    if record.name.startswith("procrastinate"):
        # It writes the arguments of tasks into its sentences; what else it tells stands beside them.
        job: Any = getattr(record, "job", None)
        said = f"{getattr(record, 'action', record.funcName)}"
        return f"{said}: {job.get('task_name')} {job.get('id')}" if isinstance(job, dict) else said
    if record.name.startswith("django.security"):
        return f"suspicious request ({record.name.rpartition('.')[2]})"
    if record.name.partition(".")[0] in _OURS or not record.args:
        return scrub(record.getMessage())
    return scrub(str(record.msg))


class JsonFormatter(logging.Formatter):
    """One JSON object a line: ts, level, logger, message, request_id and what an exception passed."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "ts": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname,
            "logger": record.name,
            "message": message_of(record),
        }
        if request_id := getattr(record, "request_id", "") or _request_id():
            line["request_id"] = request_id
        if record.exc_info:
            line["traceback"] = passed_by(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def log_what_nobody_caught() -> None:
    """Let an exception that ends a command go the way of all others, instead of being printed with what it quotes."""

    def hook(kind: type[BaseException], error: BaseException, where: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, where)
            return
        logging.getLogger("hrassist.command").critical("the command ended", exc_info=(kind, error, where))

    sys.excepthook = hook


def _request_id() -> str:
    from hrassist.lib import origin  # noqa: PLC0415  logging is set up before the settings are whole

    request = origin.of_request()
    return request.request_id if request else ""


# --- Sentry -----------------------------------------------------------------------------------------------------------

_OF_EVENTS = (
    "event_id",
    "timestamp",
    "level",
    "platform",
    "release",
    "environment",
    "server_name",
    "sdk",
    "logger",
    "type",
)
_OF_FRAMES = (
    "filename", "abs_path", "function", "module", "lineno", "in_app", "context_line", "pre_context", "post_context",
)  # fmt: skip


def safe_event(event: Any, hint: dict[str, Any]) -> Any:
    """Sentry's `before_send`: a new event of what is known to be harmless, instead of the old one without the rest."""
    kept = {name: event[name] for name in _OF_EVENTS if name in event}
    errors = _chain((hint.get("exc_info") or (None, None, None))[1])
    if values := (event.get("exception") or {}).get("values"):
        kept["exception"] = {"values": [_safe_exception(one, errors) for one in values]}
    record = hint.get("log_record")
    if record is not None:
        kept["logentry"] = {"message": message_of(record)}
    tags = {"request_id": _request_id(), "route": _route()}
    kept["tags"] = {name: value for name, value in tags.items() if value}
    return kept


def no_event(_event: Any, _hint: dict[str, Any]) -> None:
    """Sentry's hook for what we do not send at all: transactions, breadcrumbs, logs."""


def _chain(error: BaseException | None) -> dict[str, BaseException]:
    found: dict[str, BaseException] = {}
    while error is not None and type(error).__name__ not in found:
        found[type(error).__name__] = error
        error = error.__cause__ or error.__context__
    return found


def _safe_exception(one: dict[str, Any], errors: dict[str, BaseException]) -> dict[str, Any]:
    error = errors.get(str(one.get("type")))
    kept = {
        "type": one.get("type"),
        "module": one.get("module"),
        "value": said_by(error) if error is not None else "",
        "mechanism": {
            name: value for name, value in (one.get("mechanism") or {}).items() if name in {"type", "handled"}
        },
    }
    frames = (one.get("stacktrace") or {}).get("frames")
    if frames:
        kept["stacktrace"] = {
            "frames": [{name: frame[name] for name in _OF_FRAMES if name in frame} for frame in frames]
        }
    return kept


def _route() -> str:
    from hrassist.lib import origin  # noqa: PLC0415  see _request_id

    request = origin.of_request()
    match = request.request.resolver_match if request else None
    return str(match.route) if match else ""


def report_errors(*, dsn: str, environment: str, release: str, **options: Any) -> None:
    """Send errors to Sentry, without anything that people wrote."""
    import sentry_sdk  # noqa: PLC0415  only where it is asked for

    sentry_sdk.init(
        dsn=dsn,
        environment=environment,
        release=release,
        send_default_pii=False,
        max_request_body_size="never",
        include_local_variables=False,
        max_breadcrumbs=0,
        auto_session_tracking=False,
        send_client_reports=False,
        before_send=safe_event,
        before_send_transaction=no_event,
        before_breadcrumb=no_event,
        **options,
    )
