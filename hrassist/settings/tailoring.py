"""Tailored resumes: what a run may take, how quickly the built-in provider speaks, and which model settings give."""

from django.core.exceptions import ImproperlyConfigured

from hrassist import env

# What a run may take of a language model before it stops and asks.
TAILORING_RUN_TOKENS = env.number("HRASSIST_TAILORING_RUN_TOKENS", 100_000, least=1000)
# The same in money, in the currency of the prices; 0: its tokens alone end it.
TAILORING_RUN_COST = env.number("HRASSIST_TAILORING_RUN_COST", 2)
# Seconds between pieces of text of the built-in provider: quick enough to wait for, slow enough to follow.
TAILORING_OFFLINE_PACE = env.number("HRASSIST_TAILORING_OFFLINE_PACE_MS", 12, most=1000) / 1000

# A language model that operators give by settings and not on a page: manage.py language_model writes it down, switched
# off. Its key is read by that command alone, so no process holds it that need not.
LLM_KINDS = ("openrouter", "gemini", "ollama", "openai")
LLM_KIND = env.text("HRASSIST_LLM_KIND", "")
LLM_NAME = env.text("HRASSIST_LLM_NAME", "Language model")
LLM_URL = env.text("HRASSIST_LLM_URL", "")
LLM_MODEL = env.text("HRASSIST_LLM_MODEL", "")
LLM_KEY_FILE = env.text("HRASSIST_LLM_KEY_FILE", "")
if LLM_KIND and LLM_KIND not in LLM_KINDS:
    raise ImproperlyConfigured(f"HRASSIST_LLM_KIND is {LLM_KIND!r}. Use one of {', '.join(LLM_KINDS)}.")
if LLM_KIND and not LLM_MODEL:
    raise ImproperlyConfigured("HRASSIST_LLM_KIND is set and HRASSIST_LLM_MODEL is not: say which model is asked.")
if LLM_KIND in ("ollama", "openai") and not LLM_URL:
    raise ImproperlyConfigured(f"HRASSIST_LLM_KIND is {LLM_KIND} and HRASSIST_LLM_URL is not set: say where it is.")
