HttpResponseRedirect(request.GET["next"])  # bad
HttpResponseRedirect(request.POST.get("next", "/"))  # bad
redirect(request.GET.get("next"))  # bad
HttpResponseRedirect(request.headers.get("Referer"))  # bad
HttpResponseRedirect(reverse("admin:index"))  # good
HttpResponseRedirect(request.path)  # good
