"""Commits people through the application's own action until it is killed, and says outside the database what it did.

python -m tests.restore.writer HISTORY     each line: the identifier, and when its commit was confirmed
"""

from __future__ import annotations

import os
import sys
import time
from datetime import UTC, datetime


def main(history: str) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hrassist.settings")
    import django

    django.setup()
    from candidates.actions import candidates
    from hrassist.models import User

    by = User.objects.filter(username="writer").first() or User.objects.create_superuser("writer", "w@example.org")
    number = 0
    with open(history, "a", buffering=1) as said:  # noqa: PTH123 - line by line
        while True:
            number += 1
            person = candidates.create(by=by, facts={"full_name": f"Written person {number}"}, now=datetime.now(tz=UTC))
            said.write(f"{person.pk} {datetime.now(tz=UTC).isoformat()}\n")
            time.sleep(0.1)


if __name__ == "__main__":
    main(sys.argv[1])
