"""The blocks of code in the plugin author's book."""

import pathlib
import re

INCLUDE = pathlib.Path(__file__).resolve().parents[2] / "include"
BOOK = INCLUDE / "affnotify" / "README.md"
NAME = re.compile(r"(?:/\*|//|#) ([\w.]+\.(?:cpp|c|txt))\b")  # how the first line of a file says its name


def blocks():
    """Each fenced block, from top to bottom: its language, the file it is (or None), its text."""
    found = []
    for language, text in re.findall(r"^```(\w*)\n(.*?)^```$", BOOK.read_text(), re.M | re.S):
        named = NAME.match(text)
        found.append((language, named and named[1], text))
    return found


def files():
    """The whole files in it, by name."""
    return {name: text for _, name, text in blocks() if name}


def fragment(beginning):
    """The one block that is no whole file and begins so."""
    (text,) = [text for _, name, text in blocks() if not name and text.startswith(beginning)]
    return text


def lines_with_renderer():
    """lines.c as the chapter on render changes it."""
    added = fragment("/* Above AFFN_SINK of lines.c, and `.extension = lines_extension` in it. */")
    lines = files()["lines.c"]
    assert lines.count("AFFN_SINK(") == 1 and lines.count(".close = lines_close)") == 1
    lines = lines.replace("AFFN_SINK(", added + "\nAFFN_SINK(")
    return lines.replace(".close = lines_close)", ".close = lines_close, .extension = lines_extension)")
