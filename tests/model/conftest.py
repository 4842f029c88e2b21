from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    """A small language model that runs on this machine, as http://127.0.0.1:port."""
    model = ROOT / "deploy" / "scripts" / "model"
    # Its environment is made with what this machine says of package registries; the model itself runs without.
    subprocess.run([model, "python", "-V"], check=True, stdout=subprocess.DEVNULL)
    process = subprocess.Popen(
        [model, "python", ROOT / "tests" / "model" / "serve.py"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        env={key: value for key, value in os.environ.items() if key in {"PATH", "HOME", "LANG"}},
    )  # fmt: skip
    assert process.stdout is not None
    try:
        said = process.stdout.readline().strip()
        assert said.startswith("http://127.0.0.1:"), "The model did not start: run deploy/scripts/model python -V."
        yield said
    finally:
        process.kill()
        process.wait(20)
