"""Write down what the law wants written down, from the configuration."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from hrassist.privacy import compliance


class Command(BaseCommand):
    help = "Write the records of processing, impact assessments, the file of the ranking and more into a folder."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", nargs="?", default="docs/compliance")
        parser.add_argument("--check", action="store_true", help="Write nothing; exit 1 where a file would change.")

    def handle(self, *args: Any, **options: Any) -> None:
        folder = Path(options["folder"])
        if not options["check"]:
            changed = compliance.write(folder)
            self.stdout.write("\n".join(f"changed: {folder}/{name}" for name in changed) or "Nothing has changed.")
            return
        drawn = compliance.documents()
        stale = [name for name, text in drawn.items() if not _says(folder / name, text)]
        if stale:
            raise CommandError(f"The configuration says something else than {', '.join(stale)} in {folder}.")
        self.stdout.write("The files say what the configuration says.")


def _says(path: Path, text: str) -> bool:
    return path.exists() and path.read_text() == text
