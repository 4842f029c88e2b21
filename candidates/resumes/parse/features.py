"""What the tagger sees of each token: the word, its shape, the marks of rules and word lists, its line and section."""

from __future__ import annotations

import re

from candidates.resumes.parse.tokens import PERSON, Reading, Token

_UPPER, _LOWER, _DIGIT = re.compile(r"[A-ZÀ-Þ]+"), re.compile(r"[a-zß-ÿ]+"), re.compile(r"\d+")


def shape_of(text: str) -> str:
    """Xx, X, x, 9 with runs shortened; four digits stay apart from other numbers."""
    if text.isdigit():
        return f"9{min(len(text), 5)}"
    return _DIGIT.sub(
        "9", _LOWER.sub("x", _UPPER.sub("X" if len(text) == 1 else "XX" if text.isupper() else "X", text))
    )[:8]


def _word(token: Token) -> str:
    if PERSON in token.marks:
        return "<name>"
    if "EMAIL" in token.marks:
        return "<email>"
    if "LINK" in token.marks:
        return "<link>"
    low = token.text.lower()
    return "<9>" if low.isdigit() else low


def features_of(reading: Reading) -> list[list[str]]:
    """One list of features per token, in order."""
    tokens = reading.tokens
    words = [_word(token) for token in tokens]
    shapes = [PERSON if PERSON in token.marks else shape_of(token.text) for token in tokens]
    marks = [sorted(token.marks) for token in tokens]
    line_features, bounds = _line_features(reading)
    count = len(tokens)
    result: list[list[str]] = []
    for at, token in enumerate(tokens):
        word = words[at]
        kind = reading.line_kinds[token.line]
        first, last = bounds[token.line]
        one = ["b", "w=" + word, "s=" + shapes[at], "x=" + word[-3:], "k=" + kind]
        position = "f" if at == first else "l" if at == last else "m"
        one.append("p=" + position)
        one.append("n=" + str(min(at - first, 6)))
        one += ["m=" + mark for mark in marks[at]]
        one += ["m=" + mark + "|" + kind for mark in marks[at]]
        if not marks[at]:
            one.append("m=-|" + kind + shapes[at])
        for step in (-3, -2, -1, 1, 2, 3):
            near = at + step
            if 0 <= near < count:
                side = str(step)
                apart = "/" if tokens[near].line != token.line else ""
                if -2 <= step <= 2:
                    one.append(side + "w=" + apart + words[near])
                    one.append(side + "s=" + apart + shapes[near])
                one += [side + "m=" + apart + mark for mark in marks[near]]
            else:
                one.append(str(step) + "edge")
        if at:
            one.append("-1w0w=" + words[at - 1] + "|" + word)
        if at + 1 < count:
            one.append("0w1w=" + word + "|" + words[at + 1])
        one += line_features[token.line]
        result.append(one)
    return result


def _line_features(reading: Reading) -> tuple[list[list[str]], dict[int, tuple[int, int]]]:
    bounds: dict[int, tuple[int, int]] = {}
    for at, token in enumerate(reading.tokens):
        first, _ = bounds.get(token.line, (at, at))
        bounds[token.line] = (first, at)
    since_heading = 9
    result = []
    for number, line in enumerate(reading.lines):
        marks = reading.line_marks[number]
        since_heading = 0 if "HEADING" in marks else min(since_heading + 1, 4)
        first, last = bounds.get(number, (0, -1))
        size = last - first + 1
        bucket = "1" if size <= 1 else "s" if size <= 4 else "m" if size <= 9 else "l" if size <= 16 else "p"
        kind = reading.line_kinds[number]
        one = [
            "L=" + bucket,
            "L=" + bucket + "|" + kind,
            "h=" + str(since_heading),
            "h=" + str(since_heading) + "|" + kind,
            "t=" + str(min(number, 8) // 2),
        ]
        one += ["L:" + mark for mark in sorted(marks)]
        if line.after_gap:
            one.append("gap")
        if number:
            one += ["L-1:" + mark for mark in sorted(reading.line_marks[number - 1])]
        if number + 1 < len(reading.lines):
            one += ["L+1:" + mark for mark in sorted(reading.line_marks[number + 1])]
            if reading.lines[number + 1].after_gap:
                one.append("gap+")
        result.append(one)
    return result, bounds
