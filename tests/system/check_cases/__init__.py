"""
The cases of test_check_messages.py: for every sentence that `check` can print a configuration, and the
exact output. One file for each header of sentences; it has

    HEADER = "core/bus/sentences.h"
    SOURCES = ["core/bus/survey.c", …]   # say nothing but what is in HEADER
    CASES = {"SAY_THIS": Case(…), ("SAY_THAT", "SAY_IT_TOO"): Case(…), "SAY_OFTEN": [Case(…), Case(…)],
             (): [Case(…)]}   # where none of them is said
"""

import dataclasses
import typing


@dataclasses.dataclass(frozen=True)
class Case:
    """
    In every text but `whole` as bytes, {here} stands for the case's folder, {fixtures} for the plugins of the
    tests, and {{ for a brace. A tuple of texts stands for lines.
    """

    says: typing.Union[str, tuple]  # the whole output, a line each; `affnotify.ini` has no path before it
    ini: typing.Union[str, tuple, None] = None  # behind [bus] with `state`, `socket`, `plugins`, so from line 5
    # on; None: a [sink:crm] with the plugin csv, of three lines
    bus: typing.Union[str, tuple] = ""  # more lines of [bus], from line 5
    whole: typing.Union[str, bytes, None] = None  # the whole file instead
    # What else is there, made in this order: {"conf.d/": 0o755, "token": ("text", 0o600), "link": "->target"}.
    # A text alone has mode 0600. "affnotify.ini": 0o000 changes a mode; None: there is no such file.
    files: dict = dataclasses.field(default_factory=dict)
    prepare: typing.Optional[typing.Callable] = None  # called with the folder, after all that
    through: tuple = ()  # a program before it, such as ("env", "-i")
    owner: str = ""  # of the state folder, which then is made; left out where we are not root, or cannot be reached
    environment: dict = dataclasses.field(default_factory=dict)
    arguments: tuple = ()  # of `affnotifyd -c FILE --check`
    status: typing.Optional[int] = None  # None: 1 when a line is no warning, else 0
