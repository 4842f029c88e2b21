import pytest

from candidates.resumes.extract.links import contact_address, is_visible


@pytest.mark.parametrize(
    ("target", "address"),
    [
        ("mailto:ada@example.org?subject=Hello", "ada@example.org"),
        ("tel:+44%2020%207946", "+44 20 7946"),
        ("https://www.linkedin.com/in/ada", "https://www.linkedin.com/in/ada"),
        ("https://github.com/", ""),
        ("https://notgithub.com/ada", ""),
        ("javascript:alert(1)", ""),
        ("https://[broken", ""),
        ("https://github.com/" + "keyword/" * 20, ""),
    ],
)
def test_only_addresses_of_the_person_are_taken_from_links(target, address):
    assert contact_address(target) == address


def test_an_address_shown_without_scheme_is_visible():
    assert is_visible("https://www.linkedin.com/in/ada/", text="Find me at LinkedIn.com/in/ada")
    assert not is_visible("https://github.com/ada", text="GitHub")
