"""
Every sentence of `check` has a case with its exact output; the sentences stand in headers, and nowhere
else. The cases are in check_cases/.
"""

import ast
import concurrent.futures
import importlib
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

import pytest

from check_cases import Case
from harness import AFFNOTIFYD, BUILD, PATIENCE_S

ROOT = pathlib.Path(__file__).resolve().parents[2]
TABLES = [
    importlib.import_module(f"check_cases.{path.stem}")
    for path in sorted((pathlib.Path(__file__).parent / "check_cases").glob("*.py"))
    if path.stem != "__init__"
]
BY_HEADER = pytest.mark.parametrize("table", TABLES, ids=lambda table: table.HEADER)

# What takes a sentence and shows it: its arguments hold no literal but one that only hands on.
SAYING = (r"\b(mistakes_add|mistakes_warn|error_set|error_set_errno|error_prefix|findings_add|findings_warn|"
          r"mistakes->add|mistakes->warn|add_mistake)\(")
RETURNING = r'\breturn\b[^;("]*("(?:[^"\\]|\\.)*")'
HANDING_ON = {"%s"}

# Conversions of <inttypes.h> stand between pieces of a literal.
PIECE = r'(?:"(?:[^"\\]|\\.)*"|PRI[a-z]+[0-9A-Z]*)'


# ---- Sentences ----


def sentences(header):
    """The formats of a header by their names."""
    text = (ROOT / header).read_text().replace("\\\n", " ")
    found = {}
    for name, body in re.findall(rf"^#define\s+(SAY_\w+)\s+({PIECE}(?:\s+{PIECE})*)\s*$", text, re.MULTILINE):
        pieces = re.findall(PIECE, body)
        found[name] = "".join("d" if piece.startswith("PRI") else ast.literal_eval(piece) for piece in pieces)
    assert sorted(found) == sorted(re.findall(r"^#define\s+(SAY_\w+)", text, re.MULTILINE)), "read all of them"
    return found


def pattern(sentence):
    """What a sentence looks like when it is said."""
    parts = re.split(r"(%[-+ #0]*(?:\*|\d+)?(?:\.(?:\*|\d+))?(?:hh|h|ll|l|j|z|t)?[a-zA-Z%])", sentence)
    return "".join(
        ("%" if part.endswith("%") else ".*") if index % 2 else re.escape(part) for index, part in enumerate(parts)
    )


def cases_of(table):
    """Names of sentences with each of their cases."""
    for names, cases in table.CASES.items():
        for case in cases if isinstance(cases, list) else [cases]:
            yield (names,) if isinstance(names, str) else names, case
    for case in getattr(table, "MARKED", []):
        yield tuple(case.shows), case


# ---- Cases ----


GOOD_SINK = ("[sink:crm]", "plugin = csv", "path = {here}/crm.csv")


def filled(text, folder):
    if isinstance(text, (tuple, list)):
        text = "".join(f"{line}\n" for line in text)
    return text.format(here=folder, fixtures=BUILD / "fixtures")


def make_file(folder, name, content):
    path = folder / name
    if content is None:
        path.unlink()
    elif isinstance(content, int) and not name.endswith("/"):
        path.chmod(content)
    elif name.endswith("/"):
        path.mkdir(exist_ok=True)
        path.chmod(content)
    elif isinstance(content, str) and content.startswith("->"):
        path.symlink_to(filled(content[2:], folder))
    else:
        text, mode = content if isinstance(content, tuple) else (content, 0o600)
        path.write_bytes(text if isinstance(text, bytes) else filled(text, folder).encode())
        path.chmod(mode)


def make(case, folder):
    folder.mkdir()
    folder.chmod(0o755)
    bus = f"[bus]\nstate = {folder}/state\nsocket = {folder}/bus.sock\nplugins = {BUILD}/fixtures\n"
    whole = case.whole
    if whole is None:
        ini = GOOD_SINK if case.ini is None else case.ini
        whole = bus + "".join(filled(text, folder).rstrip("\n") + "\n" for text in (case.bus, ini) if text)
    elif isinstance(whole, (str, tuple)):
        whole = filled(whole, folder)
    path = folder / "affnotify.ini"
    path.write_bytes(whole if isinstance(whole, bytes) else whole.encode(errors="surrogateescape"))
    path.chmod(0o600)
    for name, content in case.files.items():
        make_file(folder, name, content)
    if case.owner:
        (folder / "state").mkdir(mode=0o700, exist_ok=True)
        shutil.chown(folder / "state", case.owner)
    if case.prepare:
        case.prepare(folder)


def is_reachable(path):
    return all(parent.stat().st_mode & 0o001 for parent in [path, *path.parents])


def run(case, folder):
    """What is wrong with what the case says; None when it is right."""
    if (case.owner or case.needs_root) and os.geteuid() != 0:
        return None
    if case.owner and not is_reachable(BUILD):
        return None
    make(case, folder)
    environment = dict(os.environ, **{name: filled(text, folder) for name, text in case.environment.items()})
    arguments = [filled(argument, folder) for argument in case.arguments]
    done = subprocess.run([*(filled(text, folder) for text in case.through), AFFNOTIFYD, "-c", folder / "affnotify.ini", "--check", *arguments], env=environment,
                          capture_output=True, text=True, errors="surrogateescape", timeout=PATIENCE_S)
    says = filled(case.says, folder).rstrip("\n")
    expected = re.sub(r"^(warning: )?(?=affnotify\.ini\b)", rf"\1{folder}/", says, flags=re.MULTILINE)
    status = case.status
    if status is None:
        status = int(any(not line.startswith("warning: ") for line in expected.splitlines()))
    if (done.returncode, done.stdout.rstrip("\n"), done.stderr) == (status, expected, ""):
        return None
    return f"exit {done.returncode}, not {status}?\n{done.stdout}{done.stderr}instead of\n{expected}\n"


@pytest.fixture
def open_folder():
    """A folder that every user reaches, unlike those of pytest."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder).resolve()
        path.chmod(0o755)
        yield path


@BY_HEADER
def test_each_case_says_just_this(table, open_folder):
    cases = list(cases_of(table))
    with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count()) as workers:
        results = list(workers.map(run, [case for _, case in cases], [open_folder / str(i) for i in range(len(cases))]))
    wrong = [f"{', '.join(names)}: {result}" for (names, _), result in zip(cases, results) if result]
    assert not wrong, "\n".join(wrong)


@BY_HEADER
def test_each_sentence_has_a_case(table):
    known = sentences(table.HEADER)
    shown = set()
    for names, case in cases_of(table):
        assert isinstance(case, Case)
        says = case.says if isinstance(case.says, str) else "\n".join(case.says)
        for name in names:
            assert name in known, f"{name} is no sentence of {table.HEADER}"
            shown_by = case.shows.get(name, says)
            assert re.search(pattern(known[name]), shown_by), f"a case of {name} does not show it:\n{shown_by}"
            shown.add(name)
    elsewhere = getattr(table, "ELSEWHERE", {})
    assert sorted(known.keys() - shown - elsewhere.keys()) == [], "these have no case"
    assert sorted(elsewhere.keys() & shown) == [], "these have a case"
    for name, (_, test) in elsewhere.items():
        words = max(re.split(r"%[^ ;:`]*", known[name]), key=len)
        assert words in joined((ROOT / test).read_text()), f"{test} does not show {name}"


def joined(text):
    """With literals that stand one after another made one."""
    return re.sub(r'"\s*"', "", text)


# ---- Sources ----


def without_comments(text):
    return re.sub(r'("(?:[^"\\]|\\.)*")|/\*.*?\*/|//[^\n]*', lambda found: found.group(1) or " ", text, flags=re.DOTALL)


def arguments_of(text, start):
    """The text between the brackets that open before `start`."""
    depth, at = 1, start
    for found in re.finditer(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)\'|[()]', text[start:]):
        depth += {"(": 1, ")": -1}.get(found.group(), 0)
        at = start + found.start()
        if depth == 0:
            break
    return text[start:at]


def own_words(path):
    """The literals that a source hands to what shows sentences."""
    text = without_comments(path.read_text())
    for call in re.finditer(SAYING, text):
        for literal in re.findall(r'"(?:[^"\\]|\\.)*"', arguments_of(text, call.end())):
            if ast.literal_eval(literal) not in HANDING_ON and " " in ast.literal_eval(literal):
                yield f"{path.name}: {call.group(1)}… {literal}"
    for literal in re.findall(RETURNING, text):
        if " " in ast.literal_eval(literal):
            yield f"{path.name}: return {literal}"


@BY_HEADER
def test_sources_have_no_sentence_of_their_own(table):
    assert [words for source in table.SOURCES for words in own_words(ROOT / source)] == []


def test_the_survey_of_the_bus_is_among_the_sources():
    there = {str(path.relative_to(ROOT)) for path in (ROOT / "core/bus").glob("survey*.c")}
    assert there - {source for table in TABLES for source in table.SOURCES} == set()
