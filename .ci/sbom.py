"""Write what hrassist is made of as CycloneDX JSON, and stop at a licence that is not known or not allowed.

python .ci/sbom.py [--check] [PATH]   (with the virtual environment of `make install`)
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
REQUIREMENTS = ROOT / "requirements.txt"
POLICY = tomllib.loads((ROOT / ".ci/licences.toml").read_text())
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def licence_of(name: str) -> str:
    """An SPDX expression, from the package's own words or the table; empty where neither says one."""
    if name in POLICY["packages"]:
        return str(POLICY["packages"][name])
    try:
        about = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return ""
    classified = [one.rpartition("::")[2].strip() for one in about.get_all("Classifier") or [] if "License ::" in one]
    for said in (about.get("License-Expression"), (about.get("License") or "").splitlines()[:1], classified):
        words = [said] if isinstance(said, str) else said or []
        known = [POLICY["said"].get(word, word) for word in words]
        if known and all(parts_of(one) for one in known):
            return " OR ".join(dict.fromkeys(known))
    return ""


def parts_of(expression: str) -> list[str]:
    """The licences of an expression; none where it is not made of words of SPDX."""
    if not re.fullmatch(r"[A-Za-z0-9.+() -]+", expression):
        return []
    parts = re.split(r"\s+(?:AND|OR|WITH)\s+", expression.replace("(", "").replace(")", ""))
    return [] if any(" " in part or not part for part in parts) else parts


def is_allowed(expression: str) -> bool:
    """Of those joined by AND all must be allowed, of those joined by OR one."""
    inner = re.compile(r"\(([^()]*)\)")
    while found := inner.search(expression):
        expression = expression.replace(found[0], "MIT" if is_allowed(found[1]) else "refused")
    return all(
        any(one.strip() in POLICY["allowed"] for one in part.split(" OR ")) for part in expression.split(" AND ")
    )


def bill() -> dict[str, Any]:
    """CycloneDX of requirements.txt: every locked package with its hashes and its licence."""
    command = [str(Path(sys.executable).with_name("cyclonedx-py")), "requirements", str(REQUIREMENTS), "--sv", "1.6"]
    made = subprocess.run([*command, "--of", "JSON", "-o", "-"], capture_output=True, text=True, check=True)  # noqa: S603
    document: dict[str, Any] = json.loads(made.stdout)
    unique: dict[tuple[str, str], dict[str, Any]] = {}
    for one in document["components"]:
        del one["description"]
        one["hashes"] = one["externalReferences"][0]["hashes"]
        expression = licence_of(one["name"])
        if expression:
            one["licenses"] = [{"expression": expression}]
        unique[one["name"], one["version"]] = one
    document["components"] = list(unique.values())
    kept = {one["bom-ref"] for one in document["components"]}
    document["dependencies"] = [one for one in document["dependencies"] if one["ref"] in kept]
    document["metadata"]["component"] = {
        "bom-ref": "hrassist", "type": "application", "name": PROJECT["name"], "version": PROJECT["version"],
    }  # fmt: skip
    # By it the security page tells whether this list is of what is installed.
    digest = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    document["metadata"]["properties"] = [{"name": "hrassist:requirements", "value": digest}]
    return document


def wrong_licences(document: dict[str, Any]) -> list[str]:
    found = []
    for one in document["components"]:
        expression = one["licenses"][0]["expression"] if "licenses" in one else ""
        if not expression:
            found.append(f"{one['name']}: its licence is not known; read it and add it to .ci/licences.toml")
        elif not is_allowed(expression):
            found.append(f"{one['name']}: {expression} is not allowed by .ci/licences.toml")
    return found


def main(arguments: list[str]) -> int:
    document = bill()
    if wrong := wrong_licences(document):
        print("\n".join(wrong), file=sys.stderr)  # noqa: T201
        return 1
    if "--check" not in arguments:
        path = Path(arguments[0]) if arguments else ROOT / "sbom.cdx.json"
        path.write_text(json.dumps(document, indent=1, sort_keys=True) + "\n")
        print(f"{path.name}: {len(document['components'])} packages")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
