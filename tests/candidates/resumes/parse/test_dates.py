import pytest

from candidates.resumes.parse.dates import find_durations, find_ranges, iso


@pytest.mark.parametrize(
    ("written", "begin", "end"),
    [
        ("Jan 2009 - Dec 2012", "2009-01", "2012-12"),
        ("January, 2015 to Present", "2015-01", ""),
        ("06/07-01/12", "2007-06", "2012-01"),
        ("2004 – 2006", "2004", "2006"),
        ("Apr 09 to May 11", "2009-04", "2011-05"),
        ("11/2007 - 3/2010", "2007-11", "2010-03"),
        ("May '99 – Till date", "1999-05", ""),
        ("June 2011- Aug. 2011", "2011-06", "2011-08"),
        ("2014-09 to 2016-02", "2014-09", "2016-02"),
        ("Since March 2018", "2018-03", ""),
        ("enero 2012 - diciembre 2014", "2012-01", "2014-12"),
        ("Juni 2015 bis heute", "2015-06", ""),
        ("June 19th, 2004- January 10th, 2006", "2004-06", "2006-01"),
        ("Summer 2014 - Fall 2015", "2014-06", "2015-09"),
    ],
)
def test_a_range_is_read_in_the_way_it_is_written(written, begin, end):
    [found] = find_ranges(f"Acme, {written}\n")
    assert (found.begin, found.end, found.present) == (begin, end, not end)


@pytest.mark.parametrize("text", ["+91 98220 12345", "Room 2004, 20 desks", "saved 10 - 15% of cost", "2012 - 2009"])
def test_numbers_that_are_no_dates_make_no_range(text):
    assert find_ranges(text) == []


@pytest.mark.parametrize(
    ("written", "value"), [("March 2014", "2014-03"), ("1999", "1999"), ("12/2001", "2001-12"), ("soon", "")]
)
def test_one_date_becomes_iso(written, value):
    assert iso(written) == value


def test_durations_count_only_where_experience_is_meant():
    text = "Over 5 years of experience in retail. A 3 years old dog. 12+ yrs in the industry."
    assert [text[start:end] for start, end in find_durations(text)] == ["Over 5 years", "12+ yrs"]
