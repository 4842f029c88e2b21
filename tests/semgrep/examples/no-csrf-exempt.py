from django.views.decorators.csrf import csrf_exempt  # bad

view = csrf_exempt(view)  # bad
from django.views.decorators.csrf import csrf_protect  # good
