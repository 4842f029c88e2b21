"""Turns public taxonomy files into the compact ones read here: `python -m candidates.resumes.skills.build DIR`.

The label file is not aligned in the public extract (the alternative labels of a row belong to another concept than its
preferred label), so alternatives are attached to the one concept whose own text holds all of them, or dropped.
"""

from __future__ import annotations

import csv
import gzip
import re
import sys
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

DATA = Path(__file__).parent / "data"
SKILL_URI = "http://data.europa.eu/esco/skill/"
OCCUPATION_URI = "http://data.europa.eu/esco/occupation/"
# ESCO describes software in set phrases that name it; they are the only reliable end of a label in the joined text.
SOFTWARE = re.compile(
    r"(?:The (?:computer program|computer language|tool|system software|application server|software|platform) "
    r"([A-Z][\w.+#/ -]{1,40}?) (?:is|consists|are|performs)\b)|programming paradigms in ([A-Z][\w.+#/ -]{0,30})\."
)
UPPER_START = re.compile(r"(?<=\s)[A-Z]")


def rows(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def write(name: str, lines: Iterable[str]) -> None:
    # A fixed time stamp keeps the committed file the same byte for byte when nothing changed.
    with (DATA / name).open("wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as stream:
        stream.write("\n".join(lines).encode() + b"\n")


def aligned_labels(texts: dict[str, str], labels: list[dict[str, str]]) -> dict[str, set[str]]:
    """Alternative labels by concept, only where exactly one concept's text holds the whole group."""
    holders: dict[str, set[str]] = defaultdict(set)
    for uri, text in texts.items():
        for word in set(text.split()):
            holders[word].add(uri)
    found: dict[str, set[str]] = defaultdict(set)
    for row in labels:
        group = [label.strip() for label in row["altLabels"].split("\n") if label.strip()]
        words = sorted({word for label in group for word in label.split()}, key=lambda word: len(holders[word]))
        if not words:
            continue
        candidates = set.intersection(*(holders[word] for word in words))
        owners = [uri for uri in candidates if all(label in texts[uri] for label in group)]
        if len(owners) == 1:
            found[owners[0]].update(group)
    return found


def skill_lines(folder: Path) -> list[str]:
    texts = {row["id"]: row["description"] for row in rows(folder / "esco_skills.csv.gz")}
    labels = rows(folder / "esco_skill_labels.csv.gz")
    preferred = {
        row["conceptUri"]: row["preferredLabel"].strip()
        for row in labels
        if texts.get(row["conceptUri"], "").startswith(row["preferredLabel"].strip())
    }
    alternatives = aligned_labels(texts, labels)
    lines = []
    for uri in sorted(texts):
        label = preferred.get(uri, "")
        software = SOFTWARE.search(texts[uri])
        if not label and software:
            named = (software.group(1) or software.group(2)).strip()
            label = named if texts[uri].lower().startswith(named.lower()) else ""
        if label:
            others = sorted(alternatives.get(uri, set()) - {label})
            lines.append("\t".join([uri.removeprefix(SKILL_URI), label, *others]))
    return lines


def occupation_label(text: str) -> str:
    """The preferred label of an occupation: the beginning whose plural opens the description, or nothing."""
    words = text.split()
    best = ""
    for count in range(1, min(9, len(words))):
        label = " ".join(words[:count])
        plural = re.escape(label[:-1] if label.endswith(("y", "n")) else label)
        tail = re.search(rf"(?<!^)\b{plural[:1].upper()}{plural[1:]}(?:s|es|ies|en)?\b", text, re.UNICODE)
        if tail and (count > 1 or len(label) > 3):
            best = label
    return best


def title_lines(folder: Path) -> list[str]:
    lines: dict[str, set[str]] = defaultdict(set)
    names: dict[str, str] = {}
    for row in rows(folder / "onet_alternate_titles.csv.gz"):
        names[row["O*NET-SOC Code"]] = row["Title"]
        lines[row["O*NET-SOC Code"]].update(one for one in (row["Alternate Title"], row["Short Title"]) if one)
    for row in rows(folder / "onet_occupations.csv.gz"):
        names[row["O*NET-SOC Code"]] = row["Title"]
    taken = {label.lower() for group in lines.values() for label in group}
    result = ["\t".join([code, names[code], *sorted(lines[code])]) for code in sorted(names)]
    for row in sorted(rows(folder / "esco_occupations.csv.gz"), key=lambda row: row["id"]):
        label = occupation_label(row["description"])
        if label and label.lower() not in taken:
            result.append("\t".join([row["id"].removeprefix("http://data.europa.eu/esco/"), label]))
    return result


def main(folder: Path) -> None:
    write("skills.tsv.gz", skill_lines(folder))
    write("titles.tsv.gz", title_lines(folder))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
