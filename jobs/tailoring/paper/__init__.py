"""A tailored resume and its letter on paper: one set of plain words, a DOCX and a PDF from it."""

from jobs.tailoring.paper.compose import letter, resume
from jobs.tailoring.paper.pdf import first_lost, letter_pdf, resume_pdf, resume_png
from jobs.tailoring.paper.word import letter_docx, resume_docx

__all__ = ["first_lost", "letter", "letter_docx", "letter_pdf", "resume", "resume_docx", "resume_pdf", "resume_png"]
