"""Fills the database of the proofs as people fill one: rows that differ, text of many words, indexes over all of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import islice
from uuid import UUID

import psycopg

from tests.restore.cluster import Tree

BATCH = 20_000
# Of so much the indexes are made, and the rest comes to them row by row.
UNINDEXED = 0.7
TABLES = """
    CREATE TABLE filler_people (id uuid, email text, name text, city text, born date, skills text[], resume text);
    CREATE TABLE filler_steps (person uuid, stage int, at timestamptz, note text);
"""
INDEXES = """
    ALTER TABLE filler_people ADD PRIMARY KEY (id);
    CREATE UNIQUE INDEX filler_people_email ON filler_people (email);
    CREATE INDEX filler_people_city ON filler_people (city, born);
    CREATE INDEX filler_people_name ON filler_people USING gin (name gin_trgm_ops);
    CREATE INDEX filler_people_skills ON filler_people USING gin (skills);
    CREATE INDEX filler_steps_person ON filler_steps (person, at);
    CREATE INDEX filler_steps_stage ON filler_steps (stage, at DESC);
"""
SYLLABLES = [a + b for a in "bdfglmrstz" for b in "eo"]
# Two or three syllables each; some of them are drawn much more often, as in a language.
WORDS = [a + b + c for a in SYLLABLES for b in SYLLABLES for c in ("", *SYLLABLES[:4])]


def fill(tree: Tree) -> None:
    """Until the database has that size, its indexes counted; nothing where none is asked for."""
    if not (megabytes := tree.megabytes):
        return
    with psycopg.connect(tree.url, autocommit=True) as connection:
        connection.execute("SET maintenance_work_mem = '512MB'; SET synchronous_commit = off")
        connection.execute(TABLES)
        more = people()
        _until(connection, more, megabytes * UNINDEXED)
        connection.execute(INDEXES)
        _until(connection, more, megabytes)
        connection.execute("ANALYZE")


def _until(connection: psycopg.Connection[tuple[object, ...]], more: Iterator[bytes], megabytes: float) -> None:
    def size() -> int:
        row = connection.execute("SELECT pg_database_size(current_database())").fetchone()
        return int(str(row[0])) if row else 0

    while size() < megabytes * 1_000_000:
        rows = [tuple(drawn(raw)) for raw in islice(more, BATCH)]
        with connection.cursor() as cursor:
            with cursor.copy("COPY filler_people FROM STDIN") as copy:
                for one, _steps in rows:
                    copy.write_row(one)
            with cursor.copy("COPY filler_steps FROM STDIN") as copy:
                for _one, steps in rows:
                    for step in steps:
                        copy.write_row(step)


def people() -> Iterator[bytes]:
    """What each of them is drawn from."""
    while True:
        yield os.urandom(400)


def drawn(raw: bytes) -> Iterator[object]:
    """One person of these bytes, and the steps of their application."""
    words = [WORDS[a * b % len(WORDS)] for a, b in zip(raw[::2], raw[1::2], strict=True)]
    key = UUID(bytes=raw[:16])
    name = f"{words[0].title()} {words[1].title()}{raw[2]:02x}"
    born = f"{1950 + raw[3] % 55}-{1 + raw[4] % 12:02}-{1 + raw[5] % 28:02}"
    yield (
        key, f"{words[0]}.{raw[:6].hex()}@{words[2]}.example", name, words[3], born, words[4:12],
        " ".join(words[8 : 60 + raw[6] % 140]),
    )  # fmt: skip
    yield [
        (key, raw[8 + n] % 9, f"2026-{1 + raw[12 + n] % 11:02}-{1 + raw[16 + n] % 28:02} 0{n}:{raw[20 + n] % 60:02}",
         " ".join(words[60 + 8 * n : 68 + 8 * n]))
        for n in range(1 + raw[7] % 4)
    ]  # fmt: skip
