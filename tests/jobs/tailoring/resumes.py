"""A resume as people write it, read by the parser: what the tests of tailoring stand on."""

from __future__ import annotations

from functools import cache
from typing import Any

from candidates.actions.reading import read_text
from jobs.tailoring.facts import Source, skeleton

AMARA = """Amara Okafor
Senior Backend Engineer
amara.okafor@example.org | +49 30 901820 | Berlin, Germany | https://github.com/amara

SUMMARY
Backend engineer with 8 years of experience in payments. Enjoys clear code and calm on-call weeks.

EXPERIENCE
Senior Backend Engineer, Northwind GmbH, Berlin
March 2021 - Present
• Built the billing service in Python and PostgreSQL, serving 1.2 million customers
• Cut the cost of the cluster by 70 % with k8s autoscaling
• Led a team of five engineers through a migration from Oracle

Backend Engineer, Contoso Ltd, Lagos
06/2016 - 02/2021
• Wrote REST APIs in Django for the mobile app, 40 endpoints
• Mentored two juniors
• Halved the time of a nightly import from 6 hours to 3 hours

EDUCATION
BSc Computer Science, University of Lagos, 2016

SKILLS
Python, Django, PostgreSQL, Kubernetes, Docker

CERTIFICATIONS
AWS Certified Developer, 2020

LANGUAGES
English (fluent), German (B2)
"""


@cache
def parsed(text: str = AMARA) -> dict[str, Any]:
    """The JSON Resume of a text."""
    return read_text(text).parsed.json_resume


@cache
def source(text: str = AMARA) -> Source:
    return Source(skeleton.of(parsed(text)), text)


def resume_of(candidate: Any, text: str = AMARA) -> Any:
    """A resume row of this text, as reading it would have left it."""
    from tests.factories import ResumeFactory

    return ResumeFactory(candidate=candidate, text=text, parse={"json_resume": parsed(text)})
