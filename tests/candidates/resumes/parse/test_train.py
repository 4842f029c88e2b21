from candidates.resumes.parse.dataset import digest, is_held_out, tags_of
from candidates.resumes.parse.synthetic import make
from candidates.resumes.parse.tagger import tag
from candidates.resumes.parse.tokens import read
from candidates.resumes.parse.train import train


def test_made_up_resumes_are_the_same_for_the_same_seed():
    assert list(make(5, seed=3)) == list(make(5, seed=3))
    assert list(make(5, seed=3)) != list(make(5, seed=4))


def test_labels_of_made_up_resumes_cover_whole_words():
    for one in make(20, seed=5):
        for start, end, _ in one.spans:
            assert one.text[start:end].strip() == one.text[start:end] != ""


def test_spans_become_tags_of_their_tokens():
    reading = read("Jane Doe, Acme")
    tags = tags_of(reading, ((0, 8, "NAME"), (10, 14, "EMPLOYER")))
    assert tags == ["B-NAME", "I-NAME", "O", "B-EMPLOYER"]


def test_training_leaves_held_out_texts_alone_and_learns_the_rest(tmp_path, written):
    resumes = list(make(30, seed=9))
    path = written(resumes)
    model = tmp_path / "model.crfsuite"
    seen = train([path], model=model, synthetic=0, iterations=15)
    assert sorted(seen) == sorted(digest(r.text) for r in resumes if not is_held_out(r.text))
    assert 0 < len(seen) < len(resumes)
    trained = next(r for r in resumes if not is_held_out(r.text))
    assert any(one.label == "TITLE" for one in tag(read(trained.text), model=model))
