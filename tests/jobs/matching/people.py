"""Candidates with resumes that a ranking can read, for the tests of this folder and of the actions."""

from __future__ import annotations

from typing import Any

from candidates.models import Candidate, ResumeVector
from hrassist.lib.embeddings import shared_embedder
from tests.factories import CandidateFactory, ResumeFactory

PYTHON_RESUME = """Jane Doe
Backend Engineer
Skills
Python, PostgreSQL
EXPERIENCE
Acme, Backend Engineer, 2019 to 2024
Built the billing service in Python and PostgreSQL.
Led a team of four engineers.
"""
CHEF_RESUME = """John Roe
Chef de partie
EXPERIENCE
Hotel Adler, Chef de partie, 2018 to 2024
Prepared pastry and bread for 200 guests a day.
Planned seasonal menus with the head chef.
"""


def resume_of(text: str, *, head: str = "", model_hash: str = "", **columns: Any) -> Candidate:
    """A candidate with a READY resume of this text, its vector, and its experience section from EXPERIENCE on."""
    candidate = CandidateFactory(**columns)
    at = text.find("EXPERIENCE")
    sections = [{"kind": "experience", "start": at, "end": len(text)}] if at >= 0 else []
    resume = ResumeFactory(candidate=candidate, text=text, parse={"sections": sections})
    embedder = shared_embedder()
    ResumeVector.objects.create(
        resume=resume,
        embedding=embedder.embed([head or text])[0].tolist(),
        model_hash=model_hash or embedder.model_hash,
    )
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE candidates_resumetext SET search = to_tsvector('english', masked_text) WHERE resume_id = %s",
            [resume.pk],
        )
    return candidate
