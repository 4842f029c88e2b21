"""Finds the headed parts of a resume: experience, education, skills and the rest, in many spellings, also inline."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass

from candidates.resumes.document import Section
from candidates.resumes.parse.view import FILLER, Line, lines_of

HEADINGS = {
    "summary": """summary|professional summary|executive summary|career summary|profile|professional profile|personal profile
        |career profile|about|about me|objective|career objective|professional objective|job objective|career goal|goal
        |summary of qualifications|qualifications summary|qualification summary|summary of qualification|career overview|overview
        |profile summary|personal statement|professional statement|introduction|highlights|career highlights|objectives
        |synopsis|professional synopsis|career synopsis|professional overview|snapshot|value proposition|headline""",
    "experience": """experience|work experience|professional experience|employment|employment history|work history|career history
        |experiences|job experience|relevant experience|relevant work experience|industry experience|employment experience
        |professional background|work background|career experience|internship|internships|internship experience|career progression
        |organizational experience|organisational experience|occupational contour|career path|professional history|job history
        |career experience/job history|highlights of employment|work experiences|professional experiences|positions held
        |employment record|career|additional experience|other experience|volunteer experience|teaching experience|research experience
        |industrial experience|working experience|work|previous experience|current experience|experience summary|practical experience
        |employment summary|employment details|professional work experience|career record|military experience|leadership experience
        |administrative experience|related experience|clinical experience|employers|entrepreneurial experience|experience details
        |career summary and experience|experience and achievements|professional employment|work profile|job profile
        |educational experience|berufserfahrung|expérience professionnelle|experiencia|experiencia laboral|esperienza""",
    "education": """education|educational background|academic background|academics|academic qualifications|educational qualifications
        |education and training|education & training|academic qualification|educational qualification|qualifications|academic profile
        |academic history|academic credentials|education details|educational details|scholastics|education background|studies
        |education and qualifications|education & qualifications|academic record|academic details|educational qualification details
        |academia|scholastic record|education and certifications|education & certifications|education/training|schooling
        |education and credentials|education qualification|educational profile|academic achievements|academic education
        |educational history|education history|formal education|training and education|qualification|ausbildung|formation|formación
        |educational attainment|professional qualification|professional qualifications|education and professional development""",
    "skills": """skills|technical skills|key skills|core skills|professional skills|skill set|skillset|skill sets|computer skills
        |it skills|core competencies|competencies|key competencies|areas of expertise|expertise|technologies|tools|skills & tools
        |technical expertise|technical proficiency|technical proficiencies|computer proficiency|technical knowledge|key skills and competencies
        |software|software skills|programming languages|tools and technologies|tools & technologies|technical summary|programming
        |it proficiency|computer knowledge|specialties|strengths|key strengths|professional strengths|professional forte|soft skills
        |skills & abilities|skills and abilities|skills summary|summary of skills|key competencies and skills|skills and expertise
        |skills & expertise|technical competencies|technical environment|core qualifications|additional skills|other skills|special skills
        |core professional strengths|areas of strength|it skills and competencies|it expertise|technical exposure|software exposure
        |operating systems|databases|technical background|software proficiency|computer literacy|core expertise|technical tools|abilities
        |key skill areas|functional skills|professional expertise|relevant skills|hard skills|coursework|relevant coursework
        |proficiencies|skill highlights|personal skills|management skills|skills profile|technical profile|technical qualification
        |kenntnisse|compétences|habilidades|competenze|skills and competencies|technical skill|skill|core competency|tech stack""",
    "languages": """languages|language skills|languages known|language|language proficiency|linguistic abilities|known languages
        |linguistic proficiency|foreign languages|sprachen|langues|idiomas""",
    "certifications": """certifications|certificates|certification|licenses|licenses and certifications|certifications/licenses
        |certifications and licenses|professional certifications|licenses & certifications|credentials|accreditations|trainings
        |training|training and certifications|courses|professional development|workshops|trainings attended|certificate
        |professional training|licensure|continuing education|courses and certifications|certifications and training|professional courses
        |technical certifications|seminars|trainings & certifications|courses & certifications|certifications & training
        |workshops attended|training undergone|training programs|professional certification""",
    "projects": """projects|personal projects|academic projects|key projects|selected projects|project experience|project details
        |projects undertaken|project|major projects|projects handled|project summary|side projects|academic project|project work
        |open source|open source projects|live projects|professional projects|projects worked on|official projects""",
    "publications": """publications|papers|patents|research|research interests|selected publications|articles|presentations
        |conferences|publications and presentations|patents and publications|journal articles|talks|posters""",
    "awards": """awards|honors|honours|achievements|awards and honors|honors and awards|honors & awards|awards & achievements|awards & honors
        |accomplishments|key achievements|significant achievement|significant achievements|recognitions|awards and recognition
        |awards and achievements|scholarships|achievement|accolades|professional achievements|major achievements|recognition
        |distinctions|honors and scholarships|extra curricular achievements""",
    "interests": """interests|hobbies|hobbies and interests|personal interests|other interests|activities|extracurricular activities
        |extra-curricular activities|hobbies & interests|interests and hobbies|extra curricular activities|co-curricular activities
        |co curricular activities|leisure|interests & hobbies|activities and interests|personal interests and hobbies""",
    "volunteer": "volunteer|volunteering|volunteer work|community service|community involvement|social work|community activities",
    "references": "references|reference|referees|professional references|testimonials",
    "contact": """contact|contact information|contact details|contact me|contact info|personal info|find me online|links|websites
        |communication details|web|social|get in touch""",
    "personal": """personal details|personal information|personal data|personal|personal particulars|personal dossier|declaration
        |personal profile details|passport details|bio data|bio-data|vital statistics|personal minutiae|personal vitae|date of birth""",
    "other": """additional information|memberships|affiliations|professional affiliations|professional memberships|leadership|military service
        |additional details|miscellaneous|other information|professional membership|associations|other details|additional
        |work authorization|willing to relocate|authorized to work|professional associations|military|groups|additional info""",
}
KIND = {" ".join(name.split()): kind for kind, names in HEADINGS.items() for name in names.split("|")}
# A word that may be a heading alone on its line is too common inside a sentence to break it there.
_INLINE = sorted((n for n in KIND if len(n) >= 5), key=len, reverse=True)
_UPPER = re.compile(
    r"(?<![A-Z&,/-] )(?<![\w&/-])("
    + "|".join(re.escape(n.upper()) for n in _INLINE)
    + r")(?: ?[:\n–-]| {1,2})(?![A-Z]{2,}\b(?! [A-Z][a-z]))"
)
_COLON = re.compile(
    r"(?<![\w&,/-] )(?<![\w&/-])("
    + "|".join(
        re.escape(n.title()) + "|" + re.escape(n.capitalize())
        for n in _INLINE
        if n not in ("tools", "software", "programming", "language")
    )
    + r") ?:(?=[\s•]|$)"
)
_DECORATION = re.compile(r"^[\W\d_]+|[\W_]+$")
_SPACED = re.compile(r"^(?:[A-Z&] ){3,}[A-Z&]$")
_PARENTHESIS = re.compile(r"\s*\([^)]*\)\s*$")


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading and the offset where its content begins."""

    kind: str
    start: int
    end: int


def kind_of(text: str) -> str:
    """The kind of section a line would open, or nothing."""
    bare = text.replace(FILLER, "").strip()
    if len(bare) > 60:
        return ""
    if _SPACED.match(bare):
        bare = bare.replace(" ", "")
    bare = _DECORATION.sub("", _PARENTHESIS.sub("", bare)).lower()
    bare = " ".join(bare.split())
    if bare in KIND:
        return KIND[bare]
    if bare.startswith("my ") and bare[3:] in KIND:
        return KIND[bare[3:]]
    if re.fullmatch(r"(?:[a-z/&-]+ ){0,3}(?:experience|history)", bare) and not text.rstrip().endswith("."):
        return "experience" if text[:1].isupper() and _looks_like_heading(text) else ""
    if re.fullmatch(r"(?:[a-z/&-]+ ){1,2}(?:skills|competencies|expertise|proficiency)", bare) and _looks_like_heading(
        text
    ):
        return "skills"
    for joint in (" & ", " and ", " / ", "/", ", "):
        if joint in bare and bare.split(joint)[0] in KIND and _looks_like_heading(text):
            return KIND[bare.split(joint)[0]]
    return ""


def _looks_like_heading(text: str) -> bool:
    words = [w for w in re.findall(r"[A-Za-z]+", text) if len(w) > 3]
    return bool(words) and all(w[0].isupper() for w in words) and not text.rstrip().endswith((".", ","))


def inline_breaks(view: str) -> list[Heading]:
    """Headings that stand in running text: all capitals, or a known name with a colon."""
    found: dict[int, Heading] = {}
    for pattern in (_UPPER, _COLON):
        for match in pattern.finditer(view):
            name = " ".join(match.group(1).lower().split())
            found.setdefault(match.start(1), Heading(KIND[name], match.start(1), match.end(1)))
    return [found[at] for at in sorted(found)]


def find_sections(view: str) -> tuple[list[Section], list[Line]]:
    """The sections in order, the first called `top`, and the lines, broken before and after inline headings."""
    inline = inline_breaks(view)
    cuts: list[int] = []
    for heading in inline:
        after = heading.end
        while after < len(view) and view[after] in " :–-" + FILLER:
            after += 1
        cuts += [heading.start, after]
    lines = lines_of(view, tuple(cuts))
    by_start = {heading.start: heading for heading in inline}
    headings: list[Heading] = []
    for line in lines:
        kind = kind_of(line.text)
        if not kind and line.start in by_start and line.end <= by_start[line.start].end + 3:
            kind = by_start[line.start].kind
        if kind:
            headings.append(Heading(kind, line.start, line.end))
    sections = [Section("top", 0, headings[0].start if headings else len(view))]
    for at, heading in enumerate(headings):
        end = headings[at + 1].start if at + 1 < len(headings) else len(view)
        sections.append(Section(heading.kind, heading.start, end))
    return [one for one in sections if one.end > one.start], lines


class SectionIndex:
    """Tells which section an offset lies in."""

    def __init__(self, sections: list[Section]):
        self._starts = [one.start for one in sections]
        self._kinds = [one.kind for one in sections]

    def kind_at(self, offset: int) -> str:
        at = bisect_right(self._starts, offset) - 1
        return self._kinds[at] if at >= 0 else "top"
