"""Puts people with resumes into a scratch installation, with their files in its store.

python -m tests.restore.people COUNT
"""

from __future__ import annotations

import os
import sys


def main(count: int) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hrassist.settings")
    import django

    django.setup()
    from tests import factories

    for number in range(count):
        person = factories.CandidateFactory(full_name=f"Scratch person {number}")
        resume = factories.ResumeFactory(candidate=person, content=f"resume of {number}".encode(), key=_key(number))
        sys.stdout.write(f"{person.pk} {resume.key} {resume.sha256}\n")


def _key(number: int) -> str:
    return f"clean/{os.getpid():016x}{number:016x}"


if __name__ == "__main__":
    main(int(sys.argv[1]))
