"""The main way through, as an integration goes it: only the API, a real file, the real worker, the real ranking."""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Callable
from typing import Any

import pytest
from docx import Document
from procrastinate.contrib.django import app
from rest_framework.test import APIClient

from hrassist.models import User
from tests.uploading import TEXT

pytestmark = pytest.mark.django_db(transaction=True)

GARDENER = """Gustav Grün
Landscape Gardener
gustav@example.org

EXPERIENCE
City Parks, Hamburg
Landscape Gardener, March 2015 to May 2024
Planted and pruned roses, hedges and fruit trees in nine public parks.

SKILLS
Pruning, Lawn care, Irrigation
"""
JOB = {
    "title": "Backend Engineer",
    "description": "Build and run our billing service in Python and PostgreSQL.",
    "must_have": "Python\nPostgreSQL\nFluent Finnish",
    "city": "Berlin",
    "country": "DE",
}


def docx(text: str) -> bytes:
    document = Document()
    for line in text.splitlines():
        document.add_paragraph(line)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def upload(api: APIClient, filename: str, data: bytes) -> str:
    """Ticket, bytes, confirmation, as a program does it; the id of the upload."""
    md5 = base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()
    asked = {"filename": filename, "size": len(data), "content_type": "", "md5_b64": md5}
    key = {"Idempotency-Key": f"upload of {filename}"}
    ticket = api.post("/api/v1/uploads", asked, headers=key).json()
    assert api.post("/api/v1/uploads", asked, headers=key).json()["id"] == ticket["id"]
    early = api.post(ticket["confirm"])
    assert (early.status_code, early.json()["code"]) == (409, "not_uploaded_yet")
    # A stranger to the store sends exactly what the ticket says; no token is needed and none is sent.
    headers = {name: value for name, value in ticket["headers"].items() if name != "Content-Type"}
    sent = APIClient().generic(
        ticket["method"], ticket["url"], data, content_type=ticket["headers"]["Content-Type"], headers=headers
    )
    assert sent.status_code == 201
    confirmed = api.post(ticket["confirm"])
    assert (confirmed.status_code, confirmed.json()["state"]) == (202, "confirmed")
    assert api.post(ticket["confirm"]).json()["id"] == ticket["id"]
    return str(ticket["id"])


def work_until_idle() -> None:
    with app.replace_connector(app.connector.get_worker_connector()) as worker:  # type: ignore[attr-defined]
        worker.run_worker(
            queues=["ingest"], wait=False, concurrency=1, listen_notify=False, install_signal_handlers=False
        )


def test_a_resume_goes_in_and_comes_out_ranked_with_evidence(
    recruiter: User, api_as: Callable[..., APIClient], events: Any
) -> None:
    api = api_as(recruiter)
    jane = upload(api, "jane.docx", docx(TEXT))
    upload(api, "gustav.txt", GARDENER.encode())
    work_until_idle()

    state = api.get(f"/api/v1/uploads/{jane}").json()
    assert (state["state"], state["reason_code"]) == ("available", None)
    person = api.get(f"/api/v1/candidates/{state['candidate']}").json()
    assert person["full_name"] == "Jane Doe"
    assert [one["address"] for one in person["emails"]] == ["jane.doe@example.org"]
    found = api.get("/api/v1/candidates?email=Jane.Doe@example.org").json()["results"]
    assert [one["id"] for one in found] == [person["id"]]

    resume = api.get(f"/api/v1/resumes/{state['resume']}").json()
    assert (resume["kind"], resume["state"], resume["candidate"]) == ("docx", "ready", person["id"])
    assert resume["json_resume"]["basics"]["email"] == "jane.doe@example.org"
    text = api.get(f"/api/v1/resumes/{state['resume']}/text").json()["text"]
    email = next(one for one in resume["fields"] if one["label"] == "EMAIL")
    assert text[email["start"] : email["end"]] == email["value"]

    job = api.post("/api/v1/jobs", JOB).json()
    assert api.post(f"/api/v1/jobs/{job['id']}/open").json()["status"] == "open"
    before = api.get(f"/api/v1/jobs/{job['id']}/matches")
    assert (before.status_code, before.json()["code"]) == (404, "no_match_run")
    ranked = api.post(f"/api/v1/jobs/{job['id']}/matches", {}, headers={"Idempotency-Key": "first ranking"})
    assert ranked.status_code == 201
    run = ranked.json()
    assert (run["considered"], [one["full_name"] for one in run["matches"]]) == (2, ["Jane Doe", "Gustav Grün"])
    best, last = run["matches"]
    assert best["score"] > last["score"]
    assert best["score"] == pytest.approx(sum(best["components"].values()))
    assert (best["must_covered"], best["must_total"], last["must_covered"]) == (2, 3, 0)
    words = {run["criteria"][one["criterion"]]["text"]: one for one in best["evidence"]}
    assert "Python" in words["Python"]["quote"]
    assert text[words["Python"]["start"] : words["Python"]["end"]] == words["Python"]["quote"]
    assert (words["Fluent Finnish"]["strength"], words["Fluent Finnish"]["quote"]) == ("none", "")

    # The list is a snapshot: read again, or asked for again under the same key, it is the same run.
    assert api.get(f"/api/v1/jobs/{job['id']}/matches").json() == run
    replayed = api.post(f"/api/v1/jobs/{job['id']}/matches", {}, headers={"Idempotency-Key": "first ranking"})
    assert (replayed.json(), replayed["Idempotency-Replayed"]) == (run, "true")

    application = api.post("/api/v1/applications", {"candidate": person["id"], "job": job["id"]}).json()
    assert api.post(f"/api/v1/applications/{application['id']}/advance").json()["status"] == "active"

    assert [one.action for one in events("upload.")].count("upload.confirmed") == 2
    assert [one.subject_ref for one in events("candidate.viewed")] == [person["id"]]
    assert {one.target_id for one in events("resume.viewed")} == {resume["id"]}
    shown = events("match_run.viewed")
    assert len(shown) == 3
    assert {one.target_id for one in shown} == {run["id"]}
    assert shown[0].changes["people"] == [best["candidate"], last["candidate"]]
    assert {one.actor_type for one in shown} == {"token"}
