"""Strings that stand nowhere else, planted in the rows of a world, to be looked for in every answer."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from candidates.models import (
    Candidate,
    CandidateEmail,
    CandidatePhone,
    Resume,
    ResumeParse,
    ResumeText,
    ResumeVector,
    Source,
)
from hrassist.models import User
from jobs.models import (
    HumanDecision,
    IntakeSubmission,
    Interview,
    Job,
    Message,
    Note,
    Offer,
    Requisition,
    Scorecard,
)
from tests.world import World

# One word for each kind of thing that somebody could tell; every world has an ending of its own.
WORDS = {
    "name": "Zephyrina",
    "email": "zephyr.mail",
    "phone": "+49 30 555",
    "headline": "Glassblowing",
    "place": "Quedlin",
    "text": "Zymurgist",
    "job": "Ferroalloy",
    "salary": "7345",
    "note": "Moonflower",
    "card": "Sandpiper",
    "mail": "Butterbur",
    "sent": "Thistledown",
    "decision": "Nightjar",
    "meeting": "Kingfisher",
    "budget": "8456",
}
ENDINGS = {"own": ("own", "01"), "open": ("opn", "02"), "other": ("cfd", "03")}
# What says who somebody is or what they are paid or judged to be: whoever sees it leaves an event.
SENSITIVE = {"email", "phone", "text", "salary", "note", "card", "mail", "sent", "decision"}


class Planted(World):
    """A world in which each kind of personal data has a word of its own."""

    def __init__(self, user: User | None, whose: str):
        super().__init__(user, whose)
        letters, digits = ENDINGS[whose]
        self.words = {kind: word + (digits if word[-1].isdigit() else letters) for kind, word in WORDS.items()}
        self._plant(self.words)

    def _plant(self, said: dict[str, str]) -> None:
        person, one = self.candidate.pk, self.application.pk
        facts = {"full_name": f"{said['name']} Doe", "headline": said["headline"], "city": said["place"]}
        Candidate.objects.filter(pk=person).update(**facts)
        address = f"{said['email']}@example.org"
        CandidateEmail.objects.filter(candidate=person).update(address=address)
        CandidatePhone.objects.create(
            candidate_id=person, number=said["phone"], e164=said["phone"].replace(" ", ""), source="resume"
        )
        text = f"{said['name']} Doe\nStaff Engineer\n\nEXPERIENCE\nAcme, {said['text']}, 2019 to 2024\n"
        ResumeText.objects.filter(resume=self.resume).update(text=text, masked_text=text, head=text)
        Resume.objects.filter(pk=self.resume.pk).update(filename=f"{said['name']}.pdf")
        ResumeParse.objects.filter(resume=self.resume).update(
            json_resume={"work": [{"name": "Acme", "position": said["text"], "startDate": "2019"}]}
        )
        ResumeVector.objects.get_or_create(
            resume=self.resume, defaults={"embedding": [0.05] * 384, "model_hash": "test"}
        )
        Job.objects.filter(pk=self.job.pk).update(title=said["job"])
        # Made with an identifier in its name, which would make every form about it speak of that application.
        Source.objects.filter(pk=self.hiring["source"].pk).update(name=f"Fair {self.hiring['source'].pk}")
        Offer.objects.filter(application=one).update(salary=Decimal(said["salary"]), terms="as agreed")
        Note.objects.filter(application=one).update(text=said["note"])
        Scorecard.objects.filter(application=one).update(takeaways=said["card"])
        Message.objects.filter(application=one).update(to=address, subject="About it", body=said["mail"])
        HumanDecision.objects.filter(application=one).update(note=said["decision"])
        Interview.objects.filter(application=one).update(title=said["meeting"])
        Requisition.objects.filter(job=self.job).update(title=said["job"], budget_from=Decimal(said["budget"]))
        IntakeSubmission.objects.filter(job=self.job).update(
            full_name=f"{said['name']} Doe", email=address, message=said["sent"]
        )

    def named(self) -> dict[str, str]:
        """Identifiers of this world's rows and what they are called in the tables."""
        rows: dict[str, Any] = {
            "candidate": self.candidate,
            "resume": self.resume,
            "job": self.job,
            "application": self.application,
            "upload": self.upload,
            "run": self.run,
            "owner": self.user,
            **self.hiring,
        }
        return {str(row.pk): name for name, row in rows.items()}


def kinds_in(text: str, words: dict[str, str]) -> list[str]:
    """Which kinds of planted data a text holds, also as the page writes a number."""
    found = []
    for kind, word in words.items():
        spellings = {word, f"{word[:-3]},{word[-3:]}"} if word.isdigit() else {word, word.replace(" ", "")}
        if any(one in text for one in spellings):
            found.append(kind)
    return found
