"""Evaluate an environment of Terraform as a plan begins: modules, variables, locals and each.key with their values.

    deploy/scripts/scanner python tests/deploy/with_scanners/terraform_values.py FOLDER…

Prints a document of JSON for each FOLDER: what there is of each type, with its address. A value that is known only once
something was made is the id that stands for that thing here. Runs in the scanners' environment, which has Trivy's
evaluation over HashiCorp's parser.
"""

import json
import sys
from typing import Any

from tfparse import load_from_path


def plain(value: Any) -> Any:
    """Without where each thing stands in its file."""
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items() if name != "__tfmeta"}
    return [plain(one) for one in value] if isinstance(value, list) else value


for folder in sys.argv[1:]:
    found = load_from_path(folder, stop_on_hcl_error=True)
    told = {
        kind: [{"address": one["__tfmeta"]["path"], **plain(one)} for one in blocks] for kind, blocks in found.items()
    }
    sys.stdout.write(json.dumps(told) + "\n")
