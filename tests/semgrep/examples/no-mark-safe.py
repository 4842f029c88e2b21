from django.utils.safestring import SafeString, mark_safe

a = mark_safe(name)  # bad
b = SafeString(f"<b>{name}</b>")  # bad
c = SafeString("<b>ours</b>")  # good
d = format_html("<b>{}</b>", name)  # good
