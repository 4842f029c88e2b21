cursor.execute(f"SELECT * FROM people WHERE name = '{name}'")  # bad
cursor.execute("SELECT * FROM people WHERE name = '%s'" % name)  # bad
cursor.execute("SELECT * FROM {}".format(name))  # bad
cursor.execute("SELECT * FROM people ORDER BY " + order)  # bad
Candidate.objects.raw(f"SELECT * FROM {table}")  # bad
RawSQL(f"lower({column})", [])  # bad
rows.extra(where=[text])  # bad
cursor.execute("SELECT * FROM people WHERE name = %s", [name])  # good
cursor.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(name)))  # good
RawSQL("lower(name)", [])  # good
