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


def lines_with_notices():
    """lines.c as the chapter on notices changes it."""
    added = fragment("/* For notices: above AFFN_SINK of lines.c")
    lines = files()["lines.c"].replace("<affnotify/sink.h>", "<affnotify/notice.h>")
    lines = lines.replace("AFFN_SINK(", added + "\nAFFN_SINK(")
    return lines.replace(".close = lines_close)", ".close = lines_close, .extension = lines_notices)")


def chat_with_notices():
    """chat.c likewise."""
    added = fragment("/* The prepare of a notice: beside chat_prepare of chat.c. */")
    added += ("\nstatic const void *chat_extensions(const char *id)\n{\n"
              "    return strcmp(id, AFFN_NOTICE) == 0 ? (const void *)&chat_notifier : chat_extension(id);\n}\n")
    chat = files()["chat.c"].replace("<affnotify/request.h>", "<affnotify/notice.h>")
    chat = chat.replace("AFFN_SINK(", added + "\nAFFN_SINK(")
    return chat.replace(".extension = chat_extension)", ".extension = chat_extensions)")


def lines_with_renderer():
    """lines.c as the chapter on render changes it."""
    added = fragment("/* Above AFFN_SINK of lines.c, and `.extension = lines_extension` in it. */")
    lines = files()["lines.c"]
    assert lines.count("AFFN_SINK(") == 1 and lines.count(".close = lines_close)") == 1
    lines = lines.replace("AFFN_SINK(", added + "\nAFFN_SINK(")
    return lines.replace(".close = lines_close)", ".close = lines_close, .extension = lines_extension)")
