"""Skills and job titles as the taxonomies name them."""

from candidates.resumes.skills.normalise import Concept, SkillSpan, find_skills, normalise_skill, normalise_title

__all__ = ["Concept", "SkillSpan", "find_skills", "normalise_skill", "normalise_title"]
