"""Read Terraform files by HashiCorp's own parser of HCL and resolve what refers to what; says each thing that is wrong.

    deploy/scripts/scanner python tests/deploy/with_scanners/terraform.py FOLDER…

Each FOLDER is a module or an environment. Runs in the scanners' environment, which has the parser.
"""

import re
import sys
from pathlib import Path
from typing import Any

import pygohcl

wrong: list[str] = []


def blocks(folder: Path) -> dict[str, dict[str, Any]]:
    """What is declared, by kind: variable, output and module by name, resource and data as type.name, and local."""
    found: dict[str, dict[str, Any]] = {}
    for path in sorted(folder.glob("*.tf")):
        try:
            document = pygohcl.loads(path.read_text())
        except pygohcl.HCLParseError as error:
            wrong.append(f"{path}: {error}")
            continue
        for kind in ("variable", "output", "module"):
            found.setdefault(kind, {}).update(document.get(kind, {}))
        for kind in ("resource", "data"):
            for type_, named in document.get(kind, {}).items():
                found.setdefault(kind, {}).update({f"{type_}.{name}": body for name, body in named.items()})
        locals_ = document.get("locals", {})
        for one in locals_ if isinstance(locals_, list) else [locals_]:
            found.setdefault("local", {}).update(one)
    return found


def look_at(folder: Path) -> None:
    declared = blocks(folder)
    text = "\n".join(path.read_text() for path in sorted(folder.glob("*.tf")))
    text = re.sub(r"(?m)^\s*#.*$", "", text)
    variables = set(declared.get("variable", {}))
    used = set(re.findall(r"\bvar\.(\w+)", text))
    wrong.extend(f"{folder}: var.{name} is not declared" for name in used - variables)
    wrong.extend(f"{folder}: variable {name} is used by nothing" for name in variables - used)
    unsaid = [name for name in variables if not declared["variable"][name].get("description")]
    wrong.extend(f"{folder}: variable {name} has no description" for name in unsaid)
    locals_ = set(declared.get("local", {}))
    wrong.extend(f"{folder}: local.{one} is not declared" for one in set(re.findall(r"\blocal\.(\w+)", text)) - locals_)
    data = {f"{type_}.{name}" for type_, name in re.findall(r"\bdata\.(\w+)\.(\w+)", text)}
    wrong.extend(f"{folder}: data.{one} is not declared" for one in data - set(declared.get("data", {})))
    plain = re.sub(r'"[^"$]*"|\bdata\.', " ", text)
    resources = {f"{type_}.{name}" for type_, name in re.findall(r"(?<![\w.])(aws_\w+)\.(\w+)", plain)}
    resources -= set(declared.get("data", {}))
    wrong.extend(f"{folder}: {one} is not declared" for one in resources - set(declared.get("resource", {})))
    for name, body in declared.get("module", {}).items():
        given = set(body) - {"source"}
        source = folder / body["source"]
        if not source.is_dir():
            wrong.append(f"{folder}: module {name} is not at {source}")
            continue
        of_module = blocks(source)
        known = set(of_module.get("variable", {}))
        needed = {one for one in known if "default" not in of_module["variable"][one]}
        wrong.extend(f"{folder}: module {name} has no variable {one}" for one in given - known)
        wrong.extend(f"{folder}: module {name} is not given {one}" for one in needed - given)
        asked = set(re.findall(rf"\bmodule\.{name}\.(\w+)", text)) - set(of_module.get("output", {}))
        wrong.extend(f"{folder}: module {name} has no output {output}" for output in asked)


for argument in sys.argv[1:]:
    look_at(Path(argument))
sys.stdout.write("\n".join(wrong))
sys.exit(1 if wrong else 0)
