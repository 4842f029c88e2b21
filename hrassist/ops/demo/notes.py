"""What the demo's colleagues wrote about people in the pipelines, with the recruiter mentioned."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from hrassist.models import User
from jobs.actions import notes
from jobs.models import Application, Note, Stage

# Who writes (0 the recruiter, 1 the manager, 2 the interviewer), and what.
WRITTEN = (
    (1, "@recruiter could you ask when they are able to begin? The team would need them from spring."),
    (0, "Called this morning: three months' notice, wants to stay in the city. Prefers calls after five."),
    (2, "Strong on the practical part, see my card. @recruiter I would meet them again before we decide."),
    (0, "@demo.manager the salary they named is at the top of our range. Please look before the next talk."),
    (1, "Worked with a colleague of ours some years ago; we may call her as a reference."),
    (0, "Sent the description of the role again, the first mail had gone into another folder."),
)


def ensure(*, by: User, team: Sequence[User], now: datetime) -> int:
    """Notes on people who came last among those in interviews, unless some are there; gives how many were written."""
    writers = (by, team[0], team[1])
    if Note.objects.filter(by__in=writers).exists():
        return 0
    met = Application.objects.active().filter(stage__kind=Stage.Kind.INTERVIEW, job__team__user=team[0])
    chosen = list(met.select_related("candidate", "job").order_by("-applied_at", "-pk")[: len(WRITTEN) // 2])
    if not chosen:
        return 0
    with transaction.atomic():
        for number, (who, text) in enumerate(WRITTEN):
            application = chosen[number // 2 % len(chosen)]
            notes.write(
                candidate=application.candidate, application=application, text=text, by=writers[who],
                now=now - timedelta(hours=31 - 5 * number),
            )  # fmt: skip
    return len(WRITTEN)
