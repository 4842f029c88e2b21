from jobs.tailoring.redact import Redactor
from tests.jobs.tailoring.resumes import source


def test_contact_data_goes_out_as_placeholders_and_comes_back():
    redactor = Redactor(source().skeleton)
    text = "Amara Okafor (amara.okafor@example.org, +49 30 901820, https://github.com/amara) met Okafor Ltd, 2016-2021"
    hidden = redactor.hide(text)
    for secret in ("Amara", "Okafor", "example.org", "901820", "github"):
        assert secret not in hidden
    assert "2016-2021" in hidden
    assert redactor.show(hidden) == text


def test_the_same_is_the_same_placeholder():
    redactor = Redactor(source().skeleton)
    assert redactor.hide("Amara") == redactor.hide("Amara")
