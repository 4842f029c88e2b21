import pytest

from candidates.resumes.language import detect


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (
            "Responsible for the daily operations of the department and for training new employees in the warehouse.",
            "en",
        ),
        ("Verantwortlich für den täglichen Betrieb der Abteilung und die Schulung neuer Mitarbeiter im Lager.", "de"),
        ("Responsable des opérations quotidiennes du service et de la formation des nouveaux employés.", "fr"),
    ],
)
def test_language_of_a_text_is_told_with_its_probability(text, code):
    found, probability = detect(text)
    assert found == code
    assert 0.5 < probability <= 1


@pytest.mark.parametrize(
    "text",
    ["", "Jane Doe", "jane@example.org +1 212 555 0100 https://example.org/a/very/long/address/of/a/page/indeed"],
)
def test_a_text_too_short_to_tell_has_no_language(text):
    assert detect(text) == ("", 0.0)
