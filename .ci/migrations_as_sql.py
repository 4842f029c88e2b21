"""Write the SQL of migrations to a folder, a file for each: python .ci/migrations_as_sql.py FOLDER APP=NUMBER …

Of each app named those after the number. What `manage.py sqlmigrate` says of them one by one, in one walk: its state of
the models is built from nothing for every migration, which takes most of its time.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def write(folder: Path, last: dict[str, int]) -> None:
    from django.db import connection  # noqa: PLC0415  settings are read when Django is set up
    from django.db.migrations.loader import MigrationLoader  # noqa: PLC0415

    loader = MigrationLoader(connection, replace_migrations=False)
    state = loader.project_state([])
    for one in loader.graph._generate_plan(loader.graph.leaf_nodes(), at_end=True):
        migration = loader.graph.nodes[one]
        if migration.app_label not in last or int(migration.name[:4]) <= last[migration.app_label]:
            state = migration.mutate_state(state, preserve=False)
            continue
        with connection.schema_editor(collect_sql=True, atomic=migration.atomic) as editor:
            state = migration.apply(state, editor, collect_sql=True)
        text = "\n".join(editor.collected_sql)
        (folder / f"{migration.app_label}.{migration.name}.sql").write_text(f"{text}\n")


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    import django

    django.setup()
    write(Path(sys.argv[1]), {app: int(number) for app, _, number in (word.partition("=") for word in sys.argv[2:])})
