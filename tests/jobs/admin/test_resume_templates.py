"""The pages of resume templates: who may, what an upload says, and what is offered at the approval."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from jobs.actions import resume_templates
from jobs.models import ResumeTemplate
from tests.factories import UserFactory
from tests.jobs.tailoring.word_files import SOUND, word_file

pytestmark = pytest.mark.django_db
LIST, ADD = reverse("admin:jobs_resumetemplate_changelist"), reverse("admin:jobs_resumetemplate_add")


@pytest.fixture
def page(client, recruiter):
    client.force_login(recruiter)
    return client


@pytest.fixture
def house_style(recruiter):
    return resume_templates.add(name="House style", content=word_file(), by=recruiter)


def upload(page, content, name="House style"):
    return page.post(ADD, {"name": name, "file": SimpleUploadedFile("cv.docx", content)}, follow=True)


def test_a_sound_file_is_added_and_shown_with_an_invented_person(page):
    answer = upload(page, word_file())
    assert answer.status_code == 200
    assert "Mira Talvik" in answer.content.decode()
    assert ResumeTemplate.objects.get().name == "House style"


def test_a_mistake_stands_beside_the_file_with_its_place(page):
    answer = upload(page, word_file([*SOUND, "{{ salary }}"]))
    assert answer.status_code == 400
    said = answer.content.decode()
    assert f"Unknown field “salary” in paragraph {len(SOUND) + 1}" in said
    assert not ResumeTemplate.objects.exists()


def test_the_page_of_the_upload_names_every_placeholder(page):
    said = page.get(ADD).content.decode()
    for name in ("headline", "job_title", "label", "employer", "school"):
        assert name in said


def test_its_buttons_make_it_the_default_save_a_sample_and_remove_it(page, house_style):
    address = reverse("admin:jobs_resumetemplate_change", args=[house_style.pk])
    page.post(address, {"do": "default"})
    house_style.refresh_from_db()
    assert house_style.is_default
    sample = page.post(address, {"do": "sample"})
    assert sample.headers["Content-Disposition"].startswith("attachment")
    assert b"".join(sample).startswith(b"PK")
    assert page.post(address).status_code == 302
    page.post(address, {"do": "remove"})
    assert not ResumeTemplate.objects.exists()


@pytest.mark.parametrize("role", ["Hiring manager", "Interviewer", "Coordinator", "Auditor"])
def test_who_tailors_no_resumes_sees_no_templates(client, house_style, role):
    client.force_login(UserFactory(role=role))
    address = reverse("admin:jobs_resumetemplate_change", args=[house_style.pk])
    for method, where in (("get", LIST), ("get", ADD), ("get", address), ("post", address), ("post", ADD)):
        assert getattr(client, method)(where, {"do": "remove"}).status_code == 403
    assert ResumeTemplate.objects.exists()
