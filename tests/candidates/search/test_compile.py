from datetime import timedelta

import pytest
from django.contrib.postgres.search import SearchVector
from django.db import connection
from django.db.models import Value
from django.utils import timezone

from candidates.models import Candidate, CandidateEmail, Resume, ResumeParse, ResumeText, Tag
from candidates.search import compile as searching
from candidates.search.operators import Ask
from tests.factories import ApplicationFactory, CandidateFactory, JobFactory, ResumeFactory, UserFactory
from tests.hiring import CandidateTagFactory, PoolMembershipFactory

pytestmark = pytest.mark.django_db


def person(name, text="", *, skills=(), titles="", **columns):
    candidate = CandidateFactory(full_name=name, headline=columns.pop("headline", ""), **columns)
    if text or skills or titles:
        resume = ResumeFactory(candidate=candidate, text=text, parse={"skill_names": list(skills)})
        ResumeText.objects.filter(pk=resume.pk).update(
            search=SearchVector("masked_text", config="simple") + SearchVector("masked_text", config="english")
        )
        ResumeParse.objects.filter(pk=resume.pk).update(titles=SearchVector(Value(titles), config="simple"))
    return candidate


@pytest.fixture
def people(db):
    now = timezone.now()
    amara = person(
        "Amara Okafor", "Kubernetes operator. Site reliability at Acme.", headline="Nurse", skills=["python", "c++"],
        titles="Data Engineer . Nurse", city="Berlin", country="DE", source="Referral", email="amara@acme.com",
    )  # fmt: skip
    jonas = person(
        "Jonas Weber", "Python and Django since 2019. Reliability of a site.", headline="Data Analyst",
        skills=["python", "django"], titles="Data Platform Engineer", city="Munich", country="AT", source="LinkedIn",
        email="jonas@example.org",
    )  # fmt: skip
    old = CandidateFactory(full_name="Li Yu", headline="", city="Paris", country="FR", source="", email="",
                           created_at=now - timedelta(days=100))  # fmt: skip
    job = JobFactory(title="Backend Engineer")
    other = JobFactory(title="Ward Nurse")
    ApplicationFactory(candidate=amara, job=job, stage=job.stages.get(kind="offer"))
    ApplicationFactory(candidate=amara, job=other)
    ApplicationFactory(candidate=jonas, job=job, stage=job.stages.get(kind="screen"))
    user = UserFactory()
    ApplicationFactory(candidate=old, job=other, stage=other.stages.get(kind="offer"), status="rejected",
                       ended_at=now, ended_by=user)  # fmt: skip
    tag = Tag.objects.create(name="Open to relocate")
    CandidateTagFactory(candidate=jonas, tag=tag)
    PoolMembershipFactory(candidate=amara, pool__name="Nurses 2027")
    PoolMembershipFactory(candidate=old, pool__name="Nurses 2026", expires_at=now - timedelta(days=1))
    return {"amara": amara, "jonas": jonas, "li": old, "job": job}


def found(query, user):
    """Asked of everybody and of rows that may have been narrowed before: the ways differ, the answer does not."""
    rows, now = Candidate.objects.visible_to(user), timezone.now()
    results = [searching.find(rows, query, ask=Ask(user=user, now=now, of_everybody=known)) for known in (True, False)]
    one, other = ({person.full_name.split()[0].lower() for person in result.rows} for result in results)
    assert one == other
    return one


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("oka", {"amara"}),
        ("oka ama", {"amara"}),
        ("nurse", {"amara"}),
        ("python", {"jonas"}),
        ("operators", {"amara"}),
        ("operator kubernetes", {"amara"}),
        ("operator django", set()),
        ("okafor kubernetes", {"amara"}),
        ("weber kubernetes", set()),
        ("jonas django python", {"jonas"}),
        ('"site reliability"', {"amara"}),
        ("site reliability", {"amara", "jonas"}),
        ('"Amara Okafor"', {"amara"}),
        ("-python", {"amara", "li"}),
        ("reliability -kubernetes", {"jonas"}),
        ("-(kubernetes OR python)", {"li"}),
        ("kubernetes OR django", {"amara", "jonas"}),
        ("kubernetes OR city:Paris", {"amara", "li"}),
        ("(kubernetes OR django) city:munich", {"jonas"}),
        ("oka OR skill:django", {"amara", "jonas"}),
        ("kubernetes OR reliability -django", {"amara"}),
        ("kubernetes OR jonas -django", {"amara"}),
        ("li OR okafor -nurse", {"li"}),
        ("yu OR reliability -nurse -kubernetes", {"li", "jonas"}),
        ("yu OR reliability -(nurse OR django)", {"li"}),
        ("yu OR weber -skill:python", {"li"}),
        ("yu OR django -skill:c++", {"li", "jonas"}),
        ("li", {"li"}),
        ("yu", {"li"}),
        ("skill:python", {"amara", "jonas"}),
        ("skill:C++", {"amara"}),
        ("skill:pyth", set()),
        ("skill:python skill:django", {"jonas"}),
        ("skill:python -skill:django", {"amara"}),
        ('title:"data engineer"', {"amara"}),
        ("title:engineer", {"amara", "jonas"}),
        ("title:analyst", {"jonas"}),
        ("-title:engineer", {"li"}),
        ("resume:python", {"jonas"}),
        ("resume:okafor", set()),
        ('resume:"reliability of a site"', {"jonas"}),
        ("tag:\"open to relocate\"", {"jonas"}),
        ("tag:unknown", set()),
        ("has:tag", {"jonas"}),
        ("pool:\"nurses 2027\"", {"amara"}),
        ("pool:\"nurses 2026\"", set()),
        ("city:berlin", {"amara"}),
        ("city:ber", set()),
        ("country:de", {"amara"}),
        ("source:referral", {"amara"}),
        ("since:30d", {"amara", "jonas"}),
        ("since:6m", {"amara", "jonas", "li"}),
        ("since:2001-02-03", {"amara", "jonas", "li"}),
        ("has:resume", {"amara", "jonas"}),
        ("-has:resume", {"li"}),
        ("has:email", {"amara", "jonas"}),
        ("email:acme", {"amara"}),
        ("@acme.com", {"amara"}),
        ("AMARA@acme.com", {"amara"}),
        ("mara@acme.com", set()),
        ("stage:offer", {"amara"}),
        ("stage:Screening", {"jonas"}),
        ("job:backend", {"amara", "jonas"}),
        ('job:"ward nurse"', {"amara", "li"}),
        ("job:ward stage:offer", set()),
        ("job:backend stage:offer", {"amara"}),
        ("status:rejected", {"li"}),
        ("stage:offer status:rejected", {"li"}),
        ("-status:active", {"li"}),
        ("stage:offer OR tag:\"open to relocate\"", {"amara", "jonas"}),
        ("foo:bar", {"amara", "jonas", "li"}),
        ("", {"amara", "jonas", "li"}),
    ],
)  # fmt: skip
def test_a_search_finds_these_and_nobody_else(people, recruiter, query, names):
    assert found(query, recruiter) == names


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("skil:python oka", "There is no skil:"),
        ("since:soon", "since: takes days"),
        ("country:Germany", "country: takes a code"),
        ("status:gone", "status: takes active"),
        ("has:luck", "has: takes resume"),
        ("zzzzzz:x", "Put the words into quotation marks"),
        ("@a", "An address needs three letters"),
    ],
)
def test_what_was_left_out_is_told(people, recruiter, query, said):
    result = searching.find(Candidate.objects.all(), query, ask=Ask(user=recruiter, now=timezone.now()))
    (note,) = result.notes
    assert said in note.text


def test_a_misspelt_name_is_put_right_in_the_whole_search(people, recruiter):
    result = searching.find(Candidate.objects.all(), "oka -skil:python", ask=Ask(user=recruiter, now=timezone.now()))
    assert result.notes[0].instead == "oka -skill:python"


def test_the_record_names_kinds_of_question_and_nothing_that_was_asked():
    assert searching.understood('amara skill:python jane@example.org smith:secret "x y" -tag:t') == [
        "email", "skill", "tag", "words",
    ]  # fmt: skip


# --- Who may see what -------------------------------------------------------------------------------------------------


def test_sides_of_an_or_that_leave_somebody_out_are_asked_together(people, recruiter, django_assert_num_queries):
    rows, ask = Candidate.objects.visible_to(recruiter), Ask(user=recruiter, now=timezone.now(), of_everybody=True)
    with django_assert_num_queries(1):
        searching.find(rows, "python OR django -java OR kubernetes -docker", ask=ask)


def test_nobody_is_found_whom_one_may_not_see(people, interviewer):
    for query in ("oka", "kubernetes", "skill:python", "kubernetes OR django", "-nothing", "stage:offer", "@acme.com"):
        assert found(query, interviewer) == set()


def test_an_interviewer_finds_people_of_own_jobs_only(people, interviewer):
    people["job"].team.create(user=interviewer, role="interviewer")
    assert found("skill:python", interviewer) == {"amara", "jonas"}
    assert found("-zzz", interviewer) == {"amara", "jonas"}
    # Amara's other application is for a job that this interviewer does not see.
    assert found("job:ward", interviewer) == set()


def test_an_application_for_a_confidential_job_answers_no_question_of_a_stranger(recruiter):
    secret = JobFactory(title="Secret Chief", confidential=True)
    candidate = CandidateFactory(full_name="Zoe Hidden")
    ApplicationFactory(candidate=candidate, job=JobFactory(title="Open Job"))
    ApplicationFactory(candidate=candidate, job=secret, stage=secret.stages.get(kind="offer"))
    assert found("zoe", recruiter) == {"zoe"}
    assert found("job:chief", recruiter) == set()
    assert found(f"job:{secret.pk}", recruiter) == set()
    assert found("stage:offer", recruiter) == set()


def test_who_may_not_read_resumes_finds_nobody_by_them(people, outsider):
    from django.contrib.auth.models import Permission

    codes = ["view_candidate", "view_all_candidates"]
    outsider.user_permissions.set(Permission.objects.filter(codename__in=codes))
    assert found("kubernetes", outsider) == set()
    assert found("oka", outsider) == {"amara"}
    # An operator that one may not use says nothing, not even by its result.
    assert found("skill:python", outsider) == {"amara", "jonas", "li"}
    assert found("stage:offer", outsider) == {"amara", "jonas", "li"}


def test_a_cap_counts_only_people_whom_one_may_see(people, interviewer, monkeypatch):
    people["job"].team.create(user=interviewer, role="interviewer")
    for number in range(6):
        person(f"Stranger {number}", "Kubernetes")
    monkeypatch.setattr(searching, "MOST_HITS", 3)
    assert found("kubernetes", interviewer) == {"amara"}


def test_a_cap_is_told(people, recruiter, monkeypatch):
    monkeypatch.setattr(searching, "MOST_HITS", 1)
    result = searching.find(Candidate.objects.all(), "reliability", ask=Ask(user=recruiter, now=timezone.now()))
    assert "only so many were looked at" in result.notes[0].text


# --- The way through the tables ---------------------------------------------------------------------------------------


@pytest.fixture
def many(people):
    """Enough rows, and known to the planner, that the way it takes means something."""
    strangers = Candidate.objects.bulk_create(
        Candidate(full_name=f"Stranger {n}", headline=f"Trade {n}", city=f"Town {n}", country="XX", source=f"s{n}",
                  created_at=timezone.now() - timedelta(days=300 + n))
        for n in range(1500)
    )  # fmt: skip
    CandidateEmail.objects.bulk_create(
        CandidateEmail(candidate=one, address=f"p{n}@example.net") for n, one in enumerate(strangers)
    )
    resumes = Resume.objects.bulk_create(
        Resume(candidate=one, key=f"clean/{n}", sha256=f"{n:064}", size=1, kind="pdf", filename="a.pdf", state="ready",
               scanned_by="none configured")
        for n, one in enumerate(strangers)
    )  # fmt: skip
    ResumeParse.objects.bulk_create(ResumeParse(resume=one, skill_names=[f"s{n}"]) for n, one in enumerate(resumes))
    with connection.cursor() as cursor:
        cursor.execute(
            "ANALYZE candidates_candidate, candidates_candidateemail, candidates_resume, candidates_resumeparse"
        )


def plan(rows, *, trigrams):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        if trigrams:
            # On a few thousand rows walking a btree and filtering is as good; this asks whether the other way is open.
            cursor.execute("SET LOCAL enable_indexscan = off")
    return rows.order_by().explain()


@pytest.mark.parametrize(
    ("query", "index"),
    [
        ("okafor", "candidate_name_trgm"),
        ("okafor", "candidate_headline_trgm"),
        ("li", "candidate_name_trgm"),
        ("city:Berlin", "candidate_in_city"),
        ("source:Referral", "candidate_from_source"),
        ("country:DE", "candidate_in_country"),
        ("since:30d", "candidate_newest"),
        ("skill:python", "resumeparse_skill_names"),
        ("email:acme", "candidateemail_trgm"),
        ("jane@example.org", "candidateemail_address"),
    ],
)
def test_a_search_goes_through_its_index(many, recruiter, query, index):
    rows = searching.find(Candidate.objects.all(), query, ask=Ask(user=recruiter, now=timezone.now())).rows
    shown = plan(rows, trigrams=index.endswith("trgm"))
    assert index in shown or (index == "candidateemail_address" and "candidateemail_once" in shown), shown


def test_the_text_of_resumes_is_only_asked_through_its_index(people, recruiter, django_assert_num_queries):
    from django.test.utils import CaptureQueriesContext

    recruiter.has_perm("candidates.view_resume")
    with CaptureQueriesContext(connection) as captured:
        list(searching.find(Candidate.objects.all(), "kubernetes", ask=Ask(user=recruiter, now=timezone.now())).rows)
    fetch, page = (one["sql"] for one in captured)
    assert "@@" in fetch
    assert "LIMIT 500" in fetch
    assert "@@" not in page
    assert 'UPPER("candidates_candidate"."full_name"' in page
