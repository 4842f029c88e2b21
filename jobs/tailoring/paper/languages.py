"""What a paper says of its own, in the languages that it can be had in."""

from __future__ import annotations

LANGUAGES = {"en": "English", "de": "Deutsch", "fr": "Français", "es": "Español"}
DEFAULT = "en"
WORDS: dict[str, dict[str, str]] = {
    "en": {
        "summary": "Summary", "work": "Experience", "education": "Education", "skills": "Skills",
        "projects": "Projects", "certificates": "Certifications", "languages": "Languages", "awards": "Awards",
        "publications": "Publications", "present": "Present", "letter": "Cover letter",
        "subject": "Application for {title}", "greeting": "Dear hiring team,", "closing": "Kind regards",
        "label": "AI-made: tailored from the candidate's own resume by {by} on {day}. Every fact is taken from it.",
        "months": "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
    },
    "de": {
        "summary": "Profil", "work": "Berufserfahrung", "education": "Ausbildung", "skills": "Kenntnisse",
        "projects": "Projekte", "certificates": "Zertifikate", "languages": "Sprachen", "awards": "Auszeichnungen",
        "publications": "Publikationen", "present": "heute", "letter": "Anschreiben",
        "subject": "Bewerbung als {title}", "greeting": "Sehr geehrte Damen und Herren,",
        "closing": "Mit freundlichen Grüßen",
        "label": "Mit KI erstellt: aus dem Lebenslauf der Person angepasst von {by} am {day}. Alle Angaben daraus.",
        "months": "Jan. Feb. März April Mai Juni Juli Aug. Sept. Okt. Nov. Dez.",
    },
    "fr": {
        "summary": "Profil", "work": "Expérience professionnelle", "education": "Formation", "skills": "Compétences",
        "projects": "Projets", "certificates": "Certifications", "languages": "Langues", "awards": "Distinctions",
        "publications": "Publications", "present": "aujourd'hui", "letter": "Lettre de motivation",
        "subject": "Candidature : {title}", "greeting": "Madame, Monsieur,", "closing": "Cordialement",
        "label": "Créé par IA : adapté du CV de la personne par {by} le {day}. Toutes les données en viennent.",
        # Months in full: fewer programs know what a language makes of them when it cuts them short.
        "months": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    },
    "es": {
        "summary": "Perfil", "work": "Experiencia", "education": "Educación", "skills": "Habilidades",
        "projects": "Proyectos", "certificates": "Certificaciones", "languages": "Idiomas", "awards": "Premios",
        "publications": "Publicaciones", "present": "actualidad", "letter": "Carta de presentación",
        "subject": "Candidatura: {title}", "greeting": "Estimado equipo de selección:",
        "closing": "Un saludo cordial",
        "label": "Hecho con IA: adaptado del currículum de la persona por {by} el {day}. Todos los datos son suyos.",
        "months": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    },
}  # fmt: skip


def words(language: str) -> dict[str, str]:
    return WORDS.get(language, WORDS[DEFAULT])


def day(iso: str, language: str) -> str:
    """2021-03 as Mar 2021; a bare year as it is."""
    year, _, month = iso.partition("-")
    if not month:
        return year
    return f"{words(language)['months'].split()[int(month) - 1]} {year}"


def span(start: str, end: str, language: str, *, current: bool) -> str:
    """From when to when, as much of it as is known."""
    first, last = day(start, language) if start else "", day(end, language) if end else ""
    if current and not last:
        last = words(language)["present"]
    return " – ".join(part for part in (first, last) if part)
