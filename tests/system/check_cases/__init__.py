"""
The cases of test_check_messages.py: for every sentence that `check` can print a configuration, and the
exact output. One file for each header of sentences; it has

    HEADER = "core/bus/sentences.h"
    SOURCES = ["core/bus/survey.c", …]   # say nothing but what is in HEADER
    CASES = {"SAY_THIS": Case(…), ("SAY_THAT", "SAY_IT_TOO"): Case(…), "SAY_OFTEN": [Case(…), Case(…)],
             (): [Case(…)]}   # where none of them is said

and may have

    MARKED = [marked("[sink:crm]", say("plugin = c v s", SAY_PLUGIN_NAME="must be …"), …)]
    ELSEWHERE = {"SAY_OTHER": ("why no case can show it", "tests/unit/…/test_….c")}   # that does

A marked case has its sentences beside the lines that they are about, so that many need one run only.
"""

import dataclasses
import re
import typing


@dataclasses.dataclass(frozen=True)
class Case:
    """
    In every text but `whole` as bytes, {here} stands for the case's folder, {fixtures} for the plugins of the
    tests, and {{ for a brace. A tuple or list of texts stands for lines.
    """

    says: typing.Union[str, tuple]  # the whole output, a line each; `affnotify.ini` has no path before it
    ini: typing.Union[str, tuple, None] = None  # behind [bus] with `state`, `socket`, `plugins`, so from line 5
    # on; None: a [sink:crm] with the plugin csv, of three lines
    bus: typing.Union[str, tuple] = ""  # more lines of [bus], from line 5
    whole: typing.Union[str, tuple, bytes, None] = None  # the whole file instead
    # What else is there, made in this order: {"conf.d/": 0o755, "token": ("text", 0o600), "link": "->target"}.
    # A text alone has mode 0600. "affnotify.ini": 0o000 changes a mode; None: there is no such file.
    files: dict = dataclasses.field(default_factory=dict)
    prepare: typing.Optional[typing.Callable] = None  # called with the folder, after all that
    through: tuple = ()  # a program before it, such as ("env", "-i")
    owner: str = ""  # of the state folder, which then is made; left out where we are not root, or cannot be reached
    environment: dict = dataclasses.field(default_factory=dict)
    arguments: tuple = ()  # of `affnotifyd -c FILE --check`
    status: typing.Optional[int] = None  # None: 1 when a line is no warning, else 0
    needs_root: bool = False  # not run otherwise
    shows: dict = dataclasses.field(default_factory=dict)  # of a marked case: each name with a line of `says`


@dataclasses.dataclass(frozen=True)
class Said:
    """A line of a marked case, and what is said of it."""

    line: str
    sentences: dict
    prefix: typing.Optional[str]
    warns: bool
    besides: tuple = ()


def say(line, prefix=None, warns=False, besides=(), **sentences):
    """
    What is said of the line, each sentence by its name; a name in several parts (SAY_THIS__SAY_THAT) is for
    sentences that stand in one. `prefix` stands between place and sentence, if not `[section] key: `. What is
    said `besides`, ahead of it, is of another header.
    """
    return Said(line, sentences, prefix, warns, besides)


def warn(line, prefix=None, **sentences):
    return say(line, prefix, True, **sentences)


# What is wrong leaves open what the sinks mean: then no plugin is looked at.
BUS_FIRST = ("warning: affnotify.ini: nothing but the lines was looked at: what is wrong in [bus], or outside of any "
             "section, may change what the rest means; mend that, and check again")


def place_of(line, section):
    """What stands before a sentence about this line, and the section that it is in."""
    header = re.fullmatch(r"\[(.*)\]", line)
    key = re.match(r"([\w.-]+) *=", line)
    if header:
        return f"[{header.group(1)}] ", header.group(1)
    return (f"[{section}] " if section else "") + (f"{key.group(1)}: " if key else ""), section


def marked(*ini, bus=(), before=(), whole=False, shows=None, **more):
    """
    A case of lines, some of them with say() or warn(). They begin at line 5, and with `whole` at the first.
    `before` is what is said besides, ahead of all that.
    """
    says, plain, named = list(before), [], dict(shows or {})
    section = None if whole else "bus"
    for number, item in enumerate([*bus, *ini], 1 if whole else 5):
        item = item if isinstance(item, Said) else Said(item, {}, None, False)
        plain.append(item.line)
        prefix, section = place_of(item.line, section)
        prefix = prefix if item.prefix is None else item.prefix
        says += [f"affnotify.ini:{number}: {prefix}{sentence}" for sentence in item.besides]
        for names, sentence in item.sentences.items():
            says.append(f"{'warning: ' if item.warns else ''}affnotify.ini:{number}: {prefix}{sentence}")
            named.update(dict.fromkeys(names.split("__"), says[-1]))
    lines = {"whole": "\n".join(plain) + "\n"} if whole else {"ini": tuple(plain)}
    return Case(says=tuple(says), shows=named, **lines, **more)
