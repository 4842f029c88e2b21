import pytest

from jobs.tailoring.facts.skeleton import Skeleton
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


@pytest.mark.parametrize(
    ("name", "text", "secrets"),
    [
        ("Li Wu", "Wu led the team; Ms Li wrote", ("Wu", "Li")),
        ("Li Wu", "LIWU, li-wu.fr, li.wu, wuli", ("LIWU", "li-wu", "li.wu", "wuli")),
        ("Li Wu", "@liwu, live:liwu, linkedin: liwu88, GitHub: wu-codes", ("liwu", "liwu88", "wu-codes")),
        ("Amara Okafor", "Okafors team and Okafor’s work", ("Okafor",)),
        ("Amara Okafor", "Am\u200bara and O\u00adkafor", ("ara", "kafor")),
        ("Amara Okafor", "Call 555-0199", ("0199",)),
        ("Amara Okafor", "12 Baker Street, Leeds", ("Baker",)),
        ("Anna Schäfer", "Hafenstraße 12a, 20457 Hamburg", ("Hafenstraße", "20457")),
        ("Claire Petit", "14 bis rue de la Paix, Lyon", ("Paix",)),
        ("Lucía Romero", "Calle de Alcalá 45, Madrid", ("Alcalá",)),
    ],
)
def test_no_way_to_write_a_name_or_an_address_leaves(name, text, secrets):
    redactor = Redactor(Skeleton(name=name))
    hidden = redactor.hide(text)
    assert not [secret for secret in secrets if secret in hidden]
    assert redactor.show(hidden) == text.replace("\u200b", "").replace("\u00ad", "")


def test_what_only_looks_like_it_stays():
    redactor = Redactor(Skeleton(name="Li Wu"))
    said = "Managed 3 sites, 2016-2021; wrote li elements for 100 users; 12 Senior Engineers; ratio 1:5; since 2019"
    assert redactor.hide(said) == said
