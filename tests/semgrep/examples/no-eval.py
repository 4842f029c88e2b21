eval(text)  # bad
exec(text)  # bad
__import__(name)  # bad
cursor.execute("SELECT 1")  # good
literal_eval(text)  # good
