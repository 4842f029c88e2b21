"""A process as production starts it, over the test's database, in which everything that can break breaks with canaries.

Run as `python -m tests.hrassist.canaries STORE`; prints one line of JSON for each event that Sentry would be sent, and
whatever the process logs, for the test to look through.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from typing import Any

from django.views.decorators.csrf import csrf_exempt

# Nothing of these may leave: names, addresses, numbers, secrets, what a resume says and what files are called.
CANARIES = {
    "name": "Zyxandra Qwertzki",
    "mail": "zyxandra.canary@example.org",
    "phone": "+49 151 99887766",
    "token": "hra_CANARYcanaryCANARYcanaryCANARYcanary1234",  # pragma: allowlist secret
    "password": "canary-pass-phrase-9431",
    "file": "zyxandra-lebenslauf-canary.pdf",
    "resume": "Spent nine canary years weighing otters in Flensburg",
    "link": "canarysecretoftheapplicantslink",
    "cookie": "canarycookiecanarycookie",
}


def everything() -> str:
    return " ".join(CANARIES.values())


class Collector:
    """What sentry-sdk would send over the network, as it would send it."""

    def __init__(self) -> None:
        from sentry_sdk.envelope import Envelope
        from sentry_sdk.transport import Transport

        sent: list[str] = []

        class Keeping(Transport):
            def capture_envelope(self, envelope: Envelope) -> None:
                sent.append(envelope.serialize().decode("utf-8", "replace"))

        self.sent, self.transport = sent, Keeping


def main(store: str) -> None:
    import django
    from django.conf import settings

    # A clone has collected no static files, and pages of errors name some.
    settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
    collector = Collector()
    from hrassist.lib import logs

    logs.report_errors(
        dsn="https://key@sentry.invalid/1", environment="production", release="1", transport=collector.transport
    )
    django.setup()
    settings.DISK_STORAGE_DIR = __import__("pathlib").Path(store)
    web()
    worker()
    stream()
    mails()
    import sentry_sdk

    sentry_sdk.flush(5)
    for event in collector.sent:
        print("SENTRY " + json.dumps(event))  # noqa: T201
    print(f"SENT {len(collector.sent)}")  # noqa: T201
    sys.stdout.flush()


@csrf_exempt
def broken_view(request: Any, **_path: Any) -> Any:
    """Fails with everything in its variables, in an error of the database and in one of its own."""
    from django.db import connection

    secret_locals = dict(CANARIES)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE IF NOT EXISTS canary (mail text PRIMARY KEY)")
        cursor.execute("INSERT INTO canary VALUES (%s) ON CONFLICT DO NOTHING", [everything()])
        try:
            cursor.execute("INSERT INTO canary VALUES (%s)", [everything()])
        except Exception as error:
            raise ValueError(f"{secret_locals} {request.body!r}") from error


def web() -> None:
    from django.test import Client
    from django.urls import path

    from hrassist import urls

    urls.urlpatterns.insert(0, path("broken/<str:secret>/", broken_view))
    client = Client(raise_request_exception=False, SERVER_NAME="hr.example.com")
    headers = {
        "Authorization": f"Bearer {CANARIES['token']}",
        "Cookie": f"__Host-sessionid={CANARIES['cookie']}; x={CANARIES['name']}",
        "User-Agent": everything(),
        "Referer": f"https://hr.example.com/?q={CANARIES['mail']}",
        "X-Forwarded-For": everything(),
    }
    address = f"/broken/{CANARIES['link']}/?q={CANARIES['name']}&mail={CANARIES['mail']}"
    client.get(address, headers=headers, secure=True)
    client.post(address, data=CANARIES, headers=headers, secure=True)
    client.post(address, data=json.dumps(CANARIES), content_type="application/json", headers=headers, secure=True)
    for path_of in (
        f"/apply/status/{CANARIES['link']}/",
        f"/{CANARIES['link']}/{CANARIES['file']}",
        f"/api/v1/{CANARIES['mail']}",
    ):
        client.get(path_of, CANARIES, headers=headers, secure=True)
    client.post(
        "/login/", {"username": CANARIES["mail"], "password": CANARIES["password"]}, headers=headers, secure=True
    )
    client.get("/login/", CANARIES, headers={**headers, "Host": f"{CANARIES['link']}.example"}, secure=True)


def worker() -> None:
    from procrastinate import testing
    from procrastinate.contrib.django import app

    @app.task(name="canary_task", pass_context=False)
    def canary_task(**told: str) -> None:
        raise RuntimeError(f"{told} {everything()}")

    with app.replace_connector(testing.InMemoryConnector()) as here:
        here.configure_task("canary_task").defer(**CANARIES)
        here.configure_task("no-such-task").defer(**CANARIES)
        here.run_worker(wait=False, install_signal_handlers=False, listen_notify=False, delete_jobs="always")


def stream() -> None:
    import asyncio

    from django.urls import path

    from hrassist import stream_urls
    from hrassist.asgi import application

    stream_urls.urlpatterns.insert(0, path("streams/<str:secret>/broken", broken_view))

    async def ask() -> None:
        told = iter([{"type": "http.request", "body": everything().encode(), "more_body": False}])

        async def receive() -> Any:
            try:
                return next(told)
            except StopIteration:
                await asyncio.sleep(60)

        async def send(_message: Any) -> None:
            return None

        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "https",
            "path": f"/streams/{CANARIES['link']}/broken", "raw_path": b"",
            "query_string": f"q={CANARIES['mail']}".encode(),
            "headers": [(b"host", b"hr.example.com"), (b"cookie", f"x={CANARIES['cookie']}".encode())],
            "client": ("203.0.113.5", 1), "server": ("hr.example.com", 443),
        }  # fmt: skip
        await asyncio.wait_for(application(scope, receive, send), 20)

    asyncio.run(ask())


def mails() -> None:
    from hrassist.lib import mail

    logger = logging.getLogger("hrassist.canary")
    try:
        mail.send(mail.Outgoing(to=CANARIES["mail"], subject=CANARIES["name"], text=everything()))
    except Exception:
        logger.exception("a mail could not be sent")
    # As libraries do it: what is quoted goes in by arguments.
    logging.getLogger("somebody.elses").error("cannot take %s of %s", CANARIES["file"], CANARIES["name"])
    logging.getLogger("somebody.elses").error("cannot take %(name)s", CANARIES)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hrassist.settings")
    main(sys.argv[1])
