"""The settings, driven by the environment; config/env.example lists every name that is read here."""

# ruff: noqa: F403
from hrassist.settings.audit import *
from hrassist.settings.backup import *
from hrassist.settings.base import *
from hrassist.settings.mail import *
from hrassist.settings.privacy import *
from hrassist.settings.sessions import *
from hrassist.settings.storage import *
from hrassist.settings.tailoring import *
from hrassist.settings.watch import *
from hrassist.settings.web import *
