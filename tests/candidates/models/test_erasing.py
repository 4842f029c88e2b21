"""How apps say what goes with a person."""

import pytest

from candidates.models import erasing
from candidates.models.erasing import Eraser, of_person


def test_a_model_is_named_once_or_one_of_the_two_would_be_forgotten():
    before = erasing.registered()
    twice = [Eraser(model="candidates.resume", find=of_person(), delete=delete) for delete in (True, False)]
    with pytest.raises(ValueError, match="named twice"):
        erasing.register(*twice)
    assert erasing.registered() == before
