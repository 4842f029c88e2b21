"""Finding people: a small language, what it means in SQL, and where in a resume it was found."""
