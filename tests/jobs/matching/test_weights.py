import pytest
from django.conf import settings

from jobs.matching.weights import Weights, WeightsUnusable

GOOD = settings.RANKING_CONFIG.read_text()


@pytest.fixture
def config(tmp_path):
    def write(text):
        path = tmp_path / "ranking.toml"
        path.write_text(text)
        return path

    return write


def test_the_shipped_file_is_read_and_can_be_stored(config):
    weights = Weights.read(config(GOOD))
    assert weights.as_json()["score"] == {"lexical": 0.15}
    assert weights.candidates.nearest + weights.candidates.full_text <= 1000


@pytest.mark.parametrize(
    ("find", "put", "says"),
    [
        ("lexical = 0.15", "lexical = 'a lot'", r"lexical must be a number from 0 up, not 'a lot'"),
        ("lexical = 0.15", "lexical = -1", "from 0 up, not -1"),
        ("lexical = 0.15", "lexical = nan", "from 0 up, not nan"),
        ("lexical = 0.15", "lexical = true", "from 0 up, not True"),
        ("lexical = 0.15", "", "lexical is missing"),
        ("lexical = 0.15", "lexical = 0.15\nmagic = 1", "magic is not known here"),
        ("[score]", "[scores]", "scores is not known here"),
        ("ef_search = 400", "ef_search = 1.5", "ef_search must be a whole number"),
        ("ef_search = 400", "ef_search = 5000", "ef_search must be 1 to 1000"),
        ("focus_temperature = 0.1", "focus_temperature = 0", "focus_temperature must be above 0"),
        ("b = 0.75", "b = 2", "b must be 0 to 1"),
        ("[query]", "[query", "cannot be read"),
    ],
)
def test_a_figure_that_cannot_be_ranked_with_is_named(config, find, put, says):
    with pytest.raises(WeightsUnusable, match=says):
        Weights.read(config(GOOD.replace(find, put, 1)))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(WeightsUnusable, match=r"nowhere\.toml cannot be read"):
        Weights.read(tmp_path / "nowhere.toml")
