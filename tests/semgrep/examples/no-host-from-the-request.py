request.build_absolute_uri("/x")  # bad
self.request.build_absolute_uri("/x")  # bad
request.META["HTTP_HOST"]  # bad
request.headers["Host"]  # bad
settings.PUBLIC_URL + reverse("x")  # good
request.get_host()  # good
