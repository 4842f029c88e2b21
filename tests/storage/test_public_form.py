"""Somebody applies through a link, and the file goes from their browser into a real store."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from candidates.models import Resume, UploadTicket
from candidates.tasks import ingest_upload
from hrassist.lib import storage
from hrassist.models import User
from hrassist.ops import raw_http
from jobs.actions import intake, links, settling
from jobs.models import Application
from jobs.views.apply import HONEY
from tests.factories import JobFactory
from tests.uploading import md5_of, resume

pytestmark = [pytest.mark.storage, pytest.mark.django_db]


def send(ticket: dict[str, Any], data: bytes) -> int:
    if ticket["method"] == "POST":
        return raw_http.send_form(ticket["url"], fields=ticket["fields"], content=data).status
    return raw_http.send("PUT", ticket["url"], body=data, headers=ticket["headers"]).status


def test_an_application_and_its_file_arrive_by_every_kind_of_ticket(ticket_kind: str, recruiter: User) -> None:
    now, data = timezone.now(), resume()
    job = JobFactory(title="Billing engineer", team={recruiter: "recruiter"})
    link = links.create(job=job, by=recruiter, now=now, facts={"label": "University fair"})
    browser, address = Client(), f"/apply/{link.token}/"
    said = {"filename": "cv.txt", "size": len(data), "content_type": "", "md5_b64": md5_of(data)}
    ticket = browser.post(f"{address}ticket/", json.dumps(said), content_type="application/json").json()
    if ticket["method"] == "PUT":
        # A form's store does not compare the bytes; whoever reads them does (test_tampering.py).
        assert send(ticket, data[::-1]) >= 400
    assert send(ticket, data) in {200, 201, 204}
    filled = {
        "full_name": "Jane Doe", "email": "jane@example.org", "phone": "", "message": "", "consents": "1",
        "began": intake.begun(now - timedelta(minutes=1)), HONEY: "", "proof": ticket["proof"],
    }  # fmt: skip
    own = browser.post(address, filled)["Location"]
    ingest_upload(ticket_id=str(UploadTicket.objects.get().pk))
    settling.settle_waiting(now=timezone.now())
    assert b"Your application is received" in browser.get(own).content
    assert Application.objects.get().tracking_link == link
    assert b"".join(storage.clean().open(Resume.objects.get().key)) == data
