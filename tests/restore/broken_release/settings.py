"""The settings of a release that brings the app beside them."""

from hrassist.settings import *  # noqa: F403
from hrassist.settings import INSTALLED_APPS as _APPS

INSTALLED_APPS = [*_APPS, "tests.restore.broken_release"]
