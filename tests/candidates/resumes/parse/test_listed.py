from candidates.resumes.parse import document_of, parse

HEAD = "Maya Lindgren\nLeeds, UK | maya.lindgren@example.org\n\n"


def listed(text: str, key: str) -> list[dict[str, object]]:
    return parse(document_of(HEAD + text)).json_resume[key]


def test_a_project_is_one_item_with_its_dates_and_bullets():
    text = (
        "PROJECTS\nFlashInfer\nLibrary for inference\n• Adopted by three labs\nJan 2023 – present\n"
        "NeuralPrune   Jan 2021\n• Pruning toolkit\n"
    )
    assert listed(text, "projects") == [
        {
            "name": "FlashInfer",
            "highlights": ["Library for inference", "Adopted by three labs"],
            "startDate": "2023-01",
        },
        {"name": "NeuralPrune", "startDate": "2021-01", "endDate": "2021-01", "highlights": ["Pruning toolkit"]},
    ]


def test_projects_listed_by_bullets_are_one_each():
    text = "PROJECTS\n• Recommendation engine for a shop\n• Forecasting of bookings\n"
    assert [one["name"] for one in listed(text, "projects")] == [
        "Recommendation engine for a shop",
        "Forecasting of bookings",
    ]


def test_authors_and_reference_belong_to_their_publication():
    text = (
        "PUBLICATIONS\nSparse Experts at Scale\nMaya Lindgren, Sarah Williams\n10.1234/neurips.2023.1234\nJuly 2023\n"
    )
    assert listed(text, "publications") == [
        {
            "name": "Sparse Experts at Scale",
            "releaseDate": "2023-07",
            "summary": "Maya Lindgren, Sarah Williams 10.1234/neurips.2023.1234",
        }
    ]


def test_an_item_broken_over_lines_is_one():
    text = "AWARDS\nWinner of the regional award for the best improvement of freight\nhandling in the north\n"
    assert [one["title"] for one in listed(text, "awards")] == [
        "Winner of the regional award for the best improvement of freight handling in the north"
    ]
