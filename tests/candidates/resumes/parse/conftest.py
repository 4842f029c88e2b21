import json
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from candidates.resumes.parse.dataset import Labelled


@pytest.fixture
def written(tmp_path) -> Callable[[Iterable[Labelled]], Path]:
    """Writes labelled resumes as the JSON lines that training and measuring read."""

    def write(resumes: Iterable[Labelled]) -> Path:
        path = tmp_path / "set.jsonl"
        lines = []
        for one in resumes:
            spans = [{"start": start, "end": end, "label": label} for start, end, label in one.spans]
            lines.append(json.dumps({"id": one.id, "text": one.text, "spans": spans}))
        path.write_text("\n".join(lines))
        return path

    return write
