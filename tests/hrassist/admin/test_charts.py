import pytest
from defusedxml import ElementTree

from hrassist.admin import charts
from hrassist.admin.charts import Bar, Point


def shapes(markup: str, name: str) -> list[dict[str, str]]:
    return [dict(one.attrib) for one in ElementTree.fromstring(f"<x>{markup}</x>").iter(name)]


def test_bars_are_as_long_as_their_share_and_what_is_not_nothing_is_seen():
    markup = charts.bars(
        [Bar("a", 1, "10"), Bar("b", 0.5, "5"), Bar("c", 0.0001, "1"), Bar("d", 0, "0"), Bar("e", 7, "70")], title="T"
    )
    widths = [float(one["width"]) for one in shapes(markup, "rect") if one["class"] != "track"]
    assert widths == [100, 50, 0.6, 0, 100]


def test_words_are_never_markup():
    markup = charts.bars([Bar("<b>x", 0.5, '"><script>')], title='"<i>')
    assert "<script>" not in markup
    assert shapes(markup, "ul")[0]["aria-label"] == '"<i>'
    assert "<script>" not in charts.line([Point("<script>", 1.0), Point("b", 2.0)], title="<script>")


def test_a_line_starts_at_nothing_and_ends_at_a_round_number():
    markup = charts.line([Point("Jan", 12.0), Point("Feb", None), Point("Mar", 37.0)], title="Days", unit=" days")
    (svg,) = shapes(markup, "svg")
    assert svg["aria-label"] == "Days: Jan 12 days, Mar 37 days"
    assert ">40<" in markup
    assert len(shapes(markup, "circle")) == 2
    heights = [float(dot["cy"]) for dot in shapes(markup, "circle")]
    assert heights == [charts._y(12, 40), charts._y(37, 40)]


@pytest.mark.parametrize(("value", "top"), [(0.3, 1), (1, 1), (3, 4), (4.5, 5), (7, 10), (41, 50), (399, 400)])
def test_the_scale_ends_where_people_count(value, top):
    assert charts._round_up(value) == top


def test_without_figures_there_is_no_chart():
    assert charts.line([Point("a", None)], title="T") == ""
    assert charts.bars([], title="T") == ""
    assert charts.sparkline([1.0], title="T") == ""


def test_a_sparkline_runs_from_edge_to_edge_and_leaves_gaps_out():
    (line,) = shapes(charts.sparkline([0.0, None, 4.0], title="T"), "polyline")
    assert line["points"] == "0.0,28.0 100.0,2.0"


def test_nothing_inline_that_the_policy_would_refuse():
    markup = charts.bars([Bar("a", 1, "1")], title="T") + charts.line([Point("a", 1.0)], title="T")
    assert "style=" not in markup
    assert "<script" not in markup
