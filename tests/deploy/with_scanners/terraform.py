"""Read Terraform files by a real parser of HCL and resolve what refers to what; says each thing that is wrong.

    deploy/scripts/scanner python tests/deploy/with_scanners/terraform.py FOLDER…

Each FOLDER is a module or an environment. Runs in the scanners' environment, which has the parser.
"""

import re
import sys
from pathlib import Path

import hcl2

wrong: list[str] = []


def bare(name: object) -> str:
    """A name or a value; the parser gives some of them as lists of one."""
    return str(name[0] if isinstance(name, list) else name).strip('"')


def blocks(folder: Path) -> dict[str, dict[str, object]]:
    """Names of what is declared, by kind: variable.x, local.x, data.type.name, type.name, module.x, output.x."""
    found: dict[str, dict[str, object]] = {}
    for path in sorted(folder.glob("*.tf")):
        with path.open() as file:
            document = hcl2.load(file)
        for kind, entries in document.items():
            for entry in entries if isinstance(entries, list) else [entries]:
                if kind in ("variable", "output", "module"):
                    for name, body in entry.items():
                        found.setdefault(kind, {})[bare(name)] = body
                elif kind in ("resource", "data"):
                    for type_, named in entry.items():
                        for name in named:
                            found.setdefault(kind, {})[f"{bare(type_)}.{bare(name)}"] = named
                elif kind == "locals":
                    for name in entry:
                        found.setdefault("local", {})[bare(name)] = entry
    return found


def look_at(folder: Path) -> None:
    declared = blocks(folder)
    text = "\n".join(path.read_text() for path in sorted(folder.glob("*.tf")))
    text = re.sub(r"(?m)^\s*#.*$", "", text)
    variables = set(declared.get("variable", {}))
    used = set(re.findall(r"\bvar\.(\w+)", text))
    wrong.extend(f"{folder}: var.{name} is not declared" for name in used - variables)
    wrong.extend(f"{folder}: variable {name} is used by nothing" for name in variables - used)
    unsaid = [name for name in variables if "description" not in str(declared["variable"][name])]
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
        assert isinstance(body, dict)
        given = {bare(key) for key in body} - {"source", "__is_block__", "__start_line__", "__end_line__"}
        source = folder / bare(body["source"])
        if not source.is_dir():
            wrong.append(f"{folder}: module {name} is not at {source}")
            continue
        of_module = blocks(source)
        known = set(of_module.get("variable", {}))
        needed = {one for one in known if "'default'" not in str(of_module["variable"][one])}
        wrong.extend(f"{folder}: module {name} has no variable {one}" for one in given - known)
        wrong.extend(f"{folder}: module {name} is not given {one}" for one in needed - given)
        asked = set(re.findall(rf"\bmodule\.{name}\.(\w+)", text)) - set(of_module.get("output", {}))
        wrong.extend(f"{folder}: module {name} has no output {output}" for output in asked)


for argument in sys.argv[1:]:
    look_at(Path(argument))
sys.stdout.write("\n".join(wrong))
sys.exit(1 if wrong else 0)
