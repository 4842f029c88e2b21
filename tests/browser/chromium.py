"""Which browser the tests and pictures use, and how it is started."""

import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# The shell is Chromium without its own windows: the same engine for two thirds of the processor's time.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
