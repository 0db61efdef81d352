"""The tree keeps its own rules: what includes what, and that each folder's README lists its files."""

import os
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ["AFFN_BUILD"])

# A folder of core knows only those before it.
ORDER = ["base", "event", "config", "wire", "client", "journal", "bus", "host", "http", "cli"]
# These never include one another, but that bus uses journal.
APART = {"client": [], "journal": [], "bus": ["journal"], "host": [], "http": [], "cli": []}

FOLDERS = sorted(
    path.parent.relative_to(ROOT)
    for top in ("core", "plugins", "include", "etc")
    for path in (ROOT / top).rglob("README.md")
)
CODE_FOLDERS = sorted(
    {path.parent.relative_to(ROOT) for top in ("core", "plugins") for path in (ROOT / top).rglob("*.c")}
)


def included(path):
    return re.findall(r'^#include "([^"]+)"', path.read_text(), re.MULTILINE)


def test_each_folder_of_code_has_a_readme():
    assert [folder for folder in CODE_FOLDERS if folder not in FOLDERS] == []


@pytest.mark.parametrize("folder", FOLDERS, ids=str)
def test_readme_lists_every_file(folder):
    text = (ROOT / folder / "README.md").read_text()
    missing = []
    for path in sorted((ROOT / folder).glob("*.[ch]")):
        pair = f"`{path.stem}.[ch]`"
        if f"`{path.name}`" not in text and pair not in text:
            missing.append(path.name)
    assert missing == []


@pytest.mark.parametrize("folder", FOLDERS, ids=str)
def test_readme_lists_no_file_that_is_gone(folder):
    text = (ROOT / folder / "README.md").read_text()
    rows = re.findall(r"^\| `([a-z_0-9]+)\.(c|h|\[ch\])` \|", text, re.MULTILINE)
    gone = [
        f"{stem}.{ending}"
        for stem, kind in rows
        for ending in (["c", "h"] if kind == "[ch]" else [kind])
        if not (ROOT / folder / f"{stem}.{ending}").exists()
    ]
    assert gone == []


@pytest.mark.parametrize("folder", ORDER)
def test_a_folder_of_core_knows_only_those_above_it(folder):
    allowed = ORDER[: ORDER.index(folder) + 1]
    if folder in APART:
        allowed = [name for name in allowed if name not in APART or name == folder or name in APART[folder]]
    wrong = []
    for path in sorted((ROOT / "core" / folder).glob("*.[ch]")):
        for header in included(path):
            parts = header.split("/")
            if parts[0] == "core" and parts[1] not in allowed:
                wrong.append(f"{path.name} includes {header}")
    assert wrong == []


def test_plugins_know_nothing_of_core():
    wrong = [
        f"{path.relative_to(ROOT)} includes {header}"
        for path in sorted((ROOT / "plugins").rglob("*.[ch]"))
        for header in included(path)
        if header.startswith("core/")
    ]
    assert wrong == []


def linked_libraries(program):
    lines = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
    return re.findall(r"^\s*lib([a-z0-9_+-]+)[.-]", lines, re.MULTILINE)


def test_the_bus_links_no_libcurl():
    assert "curl" not in linked_libraries(BUILD / "bin" / "affnotifyd")


def test_the_command_is_light():
    libraries = linked_libraries(BUILD / "bin" / "affnotify")
    assert [name for name in ("crypto", "ssl", "curl", "sqlite3", "event_core") if name in libraries] == []


def test_the_top_level_is_what_it_should_be():
    names = subprocess.run(
        ["git", "-C", ROOT, "ls-files"], capture_output=True, text=True, check=True
    ).stdout.split("\n")
    top = {name.split("/")[0] for name in names if name and not name.startswith(".")}
    expected = {"core", "plugins", "include", "etc", "tests", "CMakeLists.txt", "README.md", "LICENSE"}
    assert top - expected == {"CMakePresets.json"}  # CMake wants it there
    assert expected - top == set()
