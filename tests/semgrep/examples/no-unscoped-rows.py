a = Candidate.objects.all()  # bad
b = get_object_or_404(Candidate, pk=pk)  # bad
c = Candidate.objects.visible_to(request.user)  # good
d = Candidate.objects.visible_to(request.user).all()  # good
