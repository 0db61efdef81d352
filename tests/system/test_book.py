"""The plugin author's book: its code is compiled, its commands are run, its tables are compared."""

import re
import shutil
import subprocess

import pytest

import book
from harness import Bus
from https_server import response
from installed import STRICT, install, run

TEXT = book.BOOK.read_text()
HEADER = (book.INCLUDE / "affnotify" / "sink.h").read_text()


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    return install(tmp_path_factory.mktemp("installed") / "prefix")


# ---- Code ----


def test_nothing_in_it_escapes_these_tests():
    assert {language for language, _, _ in book.blocks()} == {"sh", "c", "cpp", "cmake"}
    assert sorted(book.files()) == ["CMakeLists.txt", "ask.c", "chat.c", "lines.c", "roster.cpp", "try.c"]
    fragments = [text for language, name, text in book.blocks() if language != "sh" and not name]
    assert len(fragments) == 5  # the renderer, the prepare of a mail, two of notices, and counting
    assert TEXT.count("```") == 2 * len(book.blocks())


def compile_strictly(compiler, source, folder, *flags):
    if not shutil.which(compiler[0]):
        pytest.skip(f"{compiler[0]} is not installed")
    done = subprocess.run([*compiler, *STRICT, *flags, f"-I{book.INCLUDE}", "-c", "-", "-o", folder / "out.o"],
                          input=source, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
@pytest.mark.parametrize("name", ["ask.c", "chat.c", "lines.c", "try.c"])
def test_its_c_is_strict(compiler, name, tmp_path):
    compile_strictly([compiler, "-std=c17", "-xc"], book.files()[name], tmp_path)


@pytest.mark.parametrize("compiler", ["g++", "clang++"])
@pytest.mark.parametrize("standard", ["17", "20"])
def test_its_cpp_is_strict(compiler, standard, tmp_path):
    compile_strictly([compiler, f"-std=c++{standard}", "-xc++"], book.files()["roster.cpp"], tmp_path)


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_its_fragments_are_strict(compiler, tmp_path):
    for whole in (book.lines_with_renderer(), book.lines_with_notices(), book.chat_with_notices()):
        compile_strictly([compiler, "-std=c17", "-xc"], whole, tmp_path)
    mail = "#include <affnotify/request.h>\n#include <stdio.h>\n" + book.fragment("/* The prepare of a sink")
    compile_strictly([compiler, "-std=c17", "-xc"], mail, tmp_path, "-Wno-unused-function")
    counting = (f"#include <affnotify/sink.h>\nvoid count(const struct affn_host *host);\n"
                f"void count(const struct affn_host *host)\n{{\n{book.fragment('const struct affn_counter')}}}\n")
    compile_strictly([compiler, "-std=c17", "-xc"], counting, tmp_path)


def test_its_first_sink_is_short():
    assert len(book.files()["lines.c"].splitlines()) < 60
    assert len(book.files()["CMakeLists.txt"].splitlines()) == 5  # one names the file


# ---- Commands ----

MARK = "=== block"


def script():
    """What somebody types who goes through the book from top to bottom, with a mark before each block."""
    parts = ["set -eu", "trap 'kill $(jobs -p); wait' EXIT"]
    for number, (language, name, text) in enumerate(book.blocks()):
        if text == book.fragment("/* Above AFFN_SINK"):
            name, text = "lines.c", book.lines_with_renderer()
        if name:
            parts.append(f"cat >{name} <<'END OF FILE'\n{text}END OF FILE")
        elif language == "sh":
            parts.append(f"echo '{MARK} {number}'\n{text}")
            if text.endswith("&\n"):  # the reader waits until it is ready
                parts.append("until grep -q msg=ready ../errors; do sleep 0.05; done")
    # What the book says of archive.txt: the event stands there a moment later.
    parts.append("until grep -q ada@example.com archive.txt; do sleep 0.05; done")
    return "\n".join(parts) + "\n"


@pytest.fixture(scope="module")
def walked(installed, tmp_path_factory):
    """The folder in which somebody went through the book, and what each block of commands printed."""
    folder = tmp_path_factory.mktemp("book")
    with open(folder / "errors", "w+") as errors:
        done = subprocess.run(["bash"], input=script(), cwd=folder, env=installed.environment(),
                              stdout=subprocess.PIPE, stderr=errors, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + (folder / "errors").read_text()
    printed = {}
    for part in done.stdout.split(MARK)[1:]:
        number, _, output = part.partition("\n")
        printed[book.blocks()[int(number)][2]] = output

    def output_of(command):
        (output,) = [output for text, output in printed.items() if command in text]
        return output

    return folder / "lines", output_of


def test_what_it_builds(walked):
    folder, _ = walked
    for name in ("lines", "chat", "roster"):
        symbols = run(["nm", "-D", "--defined-only", folder / "build" / f"{name}.so"])
        assert re.findall(r" T (affn\w+)", symbols) == ["affn_sink_v1"]


def test_its_first_ten_minutes(walked):
    folder, output_of = walked
    output = output_of("affnotify check")
    assert output.startswith("0 mistakes, 0 warnings\n")
    for words in ("The file to append to.", "Wait until the lines are on the disk."):
        assert words in output  # describe
    assert "DELIVERED" in output  # test
    assert re.match(r"evt_[0-9a-f]{32}\n", output_of("affnotify emit"))
    lines = (folder / "archive.txt").read_text().splitlines()
    assert len(lines) == 2
    assert re.match(r'evt_test_[0-9a-f]{27}\t{"event":"affiliate.created",', lines[0])
    assert '"email":"ada@example.com"' in lines[1]


def test_what_render_shows(walked):
    _, output_of = walked
    assert re.search(r'evt_[0-9a-f]{32}\s{"event":"affiliate.created","affiliate_id":"ia_43831f8e",',
                     output_of("affnotify render"))


def test_its_sinks_without_affnotify(walked):
    folder, output_of = walked
    assert output_of("./try lines.txt") == (
        "log 1: appending to lines.txt\nopen: 1 \ndeliver: 1 \n"
        "log 1: appending to /dev/full\nopen: 1 \ndeliver: 5 /dev/full: No space left on device\n")
    assert (folder / "lines.txt").read_text() == "evt_1\t{}\n"
    done = subprocess.run(["./try", "missing/lines.txt"], cwd=folder, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "\nopen: 5 missing/lines.txt: No such file or directory\n")
    assert output_of("./ask") == (
        "url https://chat.example.com/post\nauth bearer - a-token\nheader Content-Type: application/json\n"
        'header Idempotency-Key: evt_1\nbody {"channel":"affiliates","text":"ada@example.com joined"}\n'
        'prepare: 100\nconclude: 5 the chat answered {"ok":false,"error":"not_in_channel"}; '
        "see that the bot is in affiliates\n")


def test_its_other_sinks_are_loaded(walked, installed, tmp_path):
    folder, _ = walked
    (tmp_path / "token").write_text("a-token\n")
    (tmp_path / "token").chmod(0o600)
    (tmp_path / "a.ini").write_text(
        f"[bus]\nplugins = {folder}/build\nstate = {tmp_path}\nsocket = {tmp_path}/bus.sock\n"
        f"[sink:chat]\nplugin = chat\nurl = http://chat.example.com/\ntoken = file:{tmp_path}/token\n"
        'channel = a\\b\n[sink:who]\nplugin = roster\npath = roster.txt\n')
    done = subprocess.run([installed.affnotify, "check", "-c", tmp_path / "a.ini"], capture_output=True, text=True)
    assert done.stdout == (
        f"{tmp_path}/a.ini:7: [sink:chat] url: must begin with https://\n"
        f"{tmp_path}/a.ini:9: [sink:chat] channel: must have at most 80 bytes, and no quote or backslash\n"
        f"{tmp_path}/a.ini:12: [sink:who] path: must be an absolute path, beginning with `/`\n"
        "3 mistakes, 0 warnings\n")


def test_the_chat_speaks_with_a_server(walked, installed, https_server, tmp_path):
    """The verdict of conclude, through a bus."""
    folder, _ = walked
    answers = iter([response(body=b'{"ok":true}'), response(body=b'{"ok":false}'), response(status=503)])
    https_server.answer = lambda request: next(answers)
    (tmp_path / "token").write_text("a-token\n")
    (tmp_path / "token").chmod(0o600)
    bus = Bus(tmp_path)
    bus.config.write_text(
        f"[bus]\nplugins = {folder}/build\nstate = {bus.state}\nsocket = {bus.socket}\n"
        f"[sink:chat]\nplugin = chat\nurl = {https_server.url}/post\nca_file = {https_server.ca_file}\n"
        f"token = file:{tmp_path}/token\norder = journal\nretry = none\n")
    bus.start()
    try:
        ids = bus.emit(*[{"event": "affiliate.created", "email": f"a{i}@example.com"} for i in range(3)])
        bus.wait_for("chat", delivered=1, dead=1, state="held")  # for MISSET
        bus.ask({"command": "resume", "sink": "chat"})
        bus.wait_for("chat", delivered=1, dead=2)
        said = [bus.delivery(event_id, "chat") for event_id in ids]
    finally:
        assert bus.stop() == 0
    assert [one["verdict"] for one in said] == ["DELIVERED", "MISSET", "RETRY"]
    assert (said[1]["what"], said[1]["remedy"]) == (
        'the chat answered {"ok":false}', "see that the bot is in affiliates")
    assert https_server.requests[0].body == b'{"channel":"affiliates","text":"a0@example.com joined"}'


# ---- Tables ----


def rows_of(heading):
    """The first cells of the table below a heading, without `, * and what follows a comma."""
    chapter = TEXT.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return [re.sub(r"[`\\*]", "", cell).split(",")[0].strip()
            for cell in re.findall(r"^\| (`.*?) \|", chapter, re.M)]


def test_the_tables_have_what_the_header_has():
    types = re.findall(r"^#define (AFFN_OPT_\w+)\(", HEADER, re.M)
    assert rows_of("Options") == types
    assert rows_of("Verdicts") == re.findall(r"^#define (AFFN_\w+)\s+\d /\*.*(?:\*/|$)", HEADER, re.M)[:5]
    callbacks = re.findall(r"^    (?:int32_t|void|const void \*) ?\(\*(\w+)\)\((?:const )?(?:void \*self|char \*id)",
                           HEADER.partition("struct affn_sink {")[2], re.M)
    assert sorted(callbacks + ["prepare", "conclude", "render"]) == sorted(rows_of("Callbacks"))


def test_it_names_the_reserved_keys():
    keys = re.search(r'#define AFFN_RESERVED_KEYS\s*\\?\s*"([^"]+)"', HEADER)[1]
    assert f"(`{keys}`)" in " ".join(TEXT.split())
    for key in re.search(r'#define AFFN_RESERVED_REQUEST_KEYS "([^"]+)"', HEADER)[1].split():
        assert f"`{key}`" in TEXT


def test_its_table_of_contents_leads_somewhere():
    def anchor(heading):
        return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")

    headings = [anchor(heading) for heading in re.findall(r"^## (.+)$", TEXT, re.M)]
    assert re.findall(r"\]\(#([^)]+)\)", TEXT) == headings
