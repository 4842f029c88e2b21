"""Reading tables of people: bytes to rows, rows to facts."""
