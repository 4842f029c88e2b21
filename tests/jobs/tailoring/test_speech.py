import json

import pytest

from jobs.tailoring.speech import Speech

ANSWER = {
    "summary": {"text": 'Says "hi" – ünder\n\tall', "evidence": ["s0"]},
    "lines": [{"bullet_id": "w0", "text": "Two"}],
}


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
@pytest.mark.parametrize("ascii_only", [True, False])
def test_only_texts_are_read_out_however_they_are_cut(size, ascii_only):
    said, speech = json.dumps(ANSWER, ensure_ascii=ascii_only), Speech()
    heard = "".join(speech.feed(said[at : at + size]) for at in range(0, len(said), size))
    assert heard == 'Says "hi" – ünder  all\nTwo\n'


def test_what_is_no_json_says_nothing_and_breaks_nothing():
    assert Speech().feed('I am "sorry" \\ud83d {"text": "\\ud83d"') in ("", "\n")
