a = format_html(f"<b>{name}</b>")  # bad
b = format_html("<b>%s</b>" % name)  # bad
c = format_html("<b>{}</b>".format(name))  # bad
d = format_html("<b>{}</b>", name)  # good
