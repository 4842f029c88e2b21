import multiprocessing
import os
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from hrassist.lib.embeddings import FakeEmbedder, MiniLMEmbedder, ModelMissing, shared_embedder, unit_rows

TEXTS = [
    "Senior accountant with ten years of monthly closings.",
    "Chef de partie, pastry and bread.",
    "Accountant: closings, ledgers, audits.",
    "",
    "word " * 3000,
]


@pytest.fixture(scope="module")
def minilm():
    return MiniLMEmbedder()


@pytest.fixture(params=["fake", "minilm"])
def embedder(request, minilm):
    return minilm if request.param == "minilm" else FakeEmbedder()


def test_every_text_gets_one_float32_row_of_unit_length(embedder):
    rows = embedder.embed(TEXTS)
    assert rows.dtype == np.float32
    assert rows.shape == (len(TEXTS), embedder.dimension)
    assert np.linalg.norm(rows, axis=1) == pytest.approx(1, abs=1e-5)


def test_no_texts_give_no_rows(embedder):
    assert embedder.embed([]).shape == (0, embedder.dimension)


def test_a_row_does_not_depend_on_the_texts_beside_it(embedder):
    together = embedder.embed(TEXTS)
    alone = np.concatenate([embedder.embed([text]) for text in TEXTS])
    assert together == pytest.approx(alone, abs=1e-5)


def test_the_same_call_gives_the_same_bytes(embedder):
    assert embedder.embed(TEXTS).tobytes() == embedder.embed(TEXTS).tobytes()


def test_texts_about_one_thing_are_closer_than_texts_about_two(embedder):
    accountant, chef, other_accountant = embedder.embed(TEXTS[:3])
    assert accountant @ other_accountant > accountant @ chef + 0.1


def test_text_beyond_the_window_does_not_move_the_vector(embedder):
    window = "ledger " * 256
    first, longer = embedder.embed([window, window + "pastry " * 50])
    assert first == pytest.approx(longer, abs=1e-6)


def test_the_hash_names_the_model(minilm):
    assert len(minilm.model_hash) == 64
    assert minilm.model_hash == MiniLMEmbedder().model_hash
    assert minilm.model_hash != MiniLMEmbedder(max_tokens=128).model_hash
    assert minilm.model_hash != FakeEmbedder().model_hash


def test_minilm_agrees_with_the_figures_on_its_model_card(minilm):
    person, *others = minilm.embed(
        ["That is a happy person", "That is a happy dog", "That is a very happy person", "Today is a sunny day"]
    )
    assert [float(person @ other) for other in others] == pytest.approx([0.695, 0.943, 0.257], abs=0.01)


def test_another_model_file_is_refused_by_its_sha256(tmp_path: Path):
    wrong = tmp_path / "model.onnx"
    wrong.write_bytes(b"not the model")
    with pytest.raises(ModelMissing, match="reinstall the package"):
        MiniLMEmbedder(model=wrong, sha256_of_model="0" * 64)


def test_an_absent_model_file_is_named(tmp_path: Path):
    with pytest.raises(ModelMissing, match=r"gone\.onnx cannot be read"):
        MiniLMEmbedder(model=tmp_path / "gone.onnx")


def test_zero_rows_stay_zero_when_scaled():
    assert unit_rows(np.array([[0.0, 0.0], [3.0, 4.0]])).tolist() == [[0.0, 0.0], pytest.approx([0.6, 0.8])]


PRELOAD_AND_FORK = """
import os, sys
from django.urls import get_resolver
import hrassist.wsgi
get_resolver().url_patterns
child = os.fork()
if not child:
    from hrassist.lib.embeddings import shared_embedder
    shared_embedder().embed(["after the fork"])
    sys.exit(0)
_, status = os.waitpid(child, 0)
print(os.waitstatus_to_exitcode(status), "onnxruntime" in sys.modules)
"""


def test_a_web_worker_forked_from_the_loaded_application_embeds_and_ends_in_peace():
    done = subprocess.run(
        [sys.executable, "-c", PRELOAD_AND_FORK], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.stdout.split() == ["0", "False"], done.stderr


EMBED_AND_END = """
import os
from hrassist.lib.embeddings import MiniLMEmbedder
MiniLMEmbedder().embed(["welder"])
print(os.environ["HTTPS_PROXY"])
"""


def test_whoever_makes_the_model_runtime_is_told_nothing(tmp_path: Path):
    """It sends by itself where nobody tests it, through whatever proxy the environment names."""
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as proxy:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = proxy.accept()
                    with connection:
                        asked.append(connection.recv(1000))

        threading.Thread(target=serve, daemon=True).start()
        address = f"http://127.0.0.1:{proxy.getsockname()[1]}"
        # What runs in a CI is taken for a test of theirs.
        known = {name: value for name, value in os.environ.items() if name in {"PATH", "LD_LIBRARY_PATH"}}
        environment = known | {"HOME": str(tmp_path), "HTTPS_PROXY": address, "https_proxy": address}
        done = subprocess.run(
            [sys.executable, "-c", EMBED_AND_END],
            cwd=Path(__file__).parents[3], env=environment, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
    assert done.stdout.strip() == address, done.stderr
    assert (asked, sorted(tmp_path.iterdir())) == ([], [])


def test_a_forked_process_has_a_model_of_its_own():
    shared_embedder().embed(["welder"])
    answers = multiprocessing.get_context("fork").SimpleQueue()
    child = multiprocessing.get_context("fork").Process(
        target=lambda: answers.put(shared_embedder().embed(["welder"])[0].tolist())
    )
    child.start()
    child.join(30)
    assert child.exitcode == 0
    assert answers.get() == pytest.approx(shared_embedder().embed(["welder"])[0].tolist())
