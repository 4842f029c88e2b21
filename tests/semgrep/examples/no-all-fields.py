class A(ModelSerializer):
    class Meta:
        model = Candidate
        fields = "__all__"  # bad


class B(ModelForm):
    class Meta:
        model = Candidate
        exclude = ["owner"]  # bad


class C(ModelForm):
    class Meta:
        model = Candidate
        fields = ["full_name"]  # good
