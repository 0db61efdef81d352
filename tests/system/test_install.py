"""`cmake --install`: what lies where, that it can be moved, and that plugins are built from it alone."""

import json
import pathlib
import re
import shutil
import subprocess

import pytest

import book
from harness import BUILD, Bus, wait_until
from installed import STRICT, Installed, install, run
from test_abi_headers import CPP_SINK

ROOT = pathlib.Path(__file__).resolve().parents[2]
SERVICE = "lib/systemd/system/affnotify.service"
UNITS = [SERVICE, "lib/systemd/system/affnotify.socket"]


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    return install(tmp_path_factory.mktemp("installed") / "prefix")


def files_below(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir())


# ---- What lies where ----


def test_everything_lies_where_programs_and_people_look(installed):
    sinks = sorted(path.parent.name for path in (ROOT / "plugins").glob("*/CMakeLists.txt"))
    readmes = [path.relative_to(ROOT) for folder in ("core", "plugins") for path in (ROOT / folder).rglob("README.md")]
    expected = [
        "bin/affnotify", "bin/affnotifyd", "libexec/affnotify-host", "libexec/affnotify-http",
        *[f"lib/affnotify/plugins/{name}.so" for name in sinks],
        *[f"include/affnotify/{path.name}" for path in (ROOT / "include/affnotify").glob("*.h")],
        "lib/cmake/affnotify/affnotifyConfig.cmake", "lib/cmake/affnotify/affnotifyConfigVersion.cmake",
        "lib/pkgconfig/affnotify.pc", "lib/pkgconfig/affnotify-client.pc", "lib/libaffnotify-client.a",
        "lib/libaffnotify-client.so",  # links to links to the file itself
        "lib/libaffnotify-client.so.1", *[f"lib/{path.name}" for path in BUILD.glob("lib/*.so.*.*.*")],
        "share/affnotify/affnotify.ini", "share/affnotify/affnotify-alerts.yml",
        *UNITS,
        "share/man/man1/affnotify.1", "share/man/man5/affnotify.ini.5", "share/man/man8/affnotifyd.8",
        *[f"share/man/man7/affnotify-{name}.7" for name in sinks],
        "share/doc/affnotify/README.md", "share/doc/affnotify/LICENSE",
        *[f"share/doc/affnotify/{path}" for path in (
            "include/affnotify/README.md", "include/affnotify/client.h", "tests/README.md", "etc/README.md", "etc/affnotify.ini",
            "etc/prometheus/affnotify-alerts.yml", "etc/examples/affiliates.jsonl", "etc/examples/receiver.py",
            "etc/examples/sink.py", "etc/examples/sink.sh", "etc/examples/spec.jsonl",
            "core/base/limits.h", "core/host/VERDICTS.md")],
        *[f"share/doc/affnotify/{path}" for path in readmes],
    ]
    assert files_below(installed.prefix) == sorted(expected)


def test_no_link_of_what_it_installs_is_dead(installed):
    documents = installed.prefix / "share/doc/affnotify"
    links = [(path.relative_to(documents), link) for path in documents.rglob("*.md")
             for link in re.findall(r"\]\(([^)#\s]+)", path.read_text())
             if not re.match(r"[a-z]+:", link)]
    assert len(links) > 25
    assert [link for link in links if not (documents / link[0].parent / link[1]).is_file()] == []


def test_the_header_says_where_the_book_lies(installed):
    header = (installed.prefix / "include/affnotify/sink.h").read_text()
    place, = re.findall(r"share/doc/affnotify/\S+README\.md", header)
    assert (installed.prefix / place).read_text().startswith("# ")


def test_no_file_that_it_installs_holds_a_path_of_the_build(installed):
    sanitized = "libasan" in run(["ldd", installed.affnotifyd])  # its reports name source files
    wrong = []
    for name in files_below(installed.prefix):
        path = installed.prefix / name
        is_program = path.read_bytes()[:4] in (b"\x7fELF", b"!<ar")
        if is_program and re.search(r"\((RPATH|RUNPATH)\)", run(["readelf", "-d", path])):
            wrong.append(f"{name} has a search path")
        for folder in (ROOT, BUILD, installed.prefix):
            if folder == installed.prefix and name == SERVICE:
                continue  # systemd wants whole paths
            if str(folder).encode() in path.read_bytes() and not (is_program and sanitized):
                wrong.append(f"{name} holds {folder}")
    assert wrong == []


def test_the_links_between_its_documents_hold(installed):
    folder = installed.prefix / "share" / "doc" / "affnotify"
    wrong = []
    for page in folder.rglob("README.md"):
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
            is_for_developers = re.match(r"(\.\./)*(core/(?!wire)|tests/|etc/|base/)", target)
            if not is_for_developers and not (page.parent / target).exists():
                wrong.append(f"{page.relative_to(folder)}: {target}")
    assert wrong == []


def test_destdir_moves_everything_and_nothing_else(tmp_path, installed):
    staged = install("/usr", tmp_path / "stage")
    assert staged.prefix == tmp_path / "stage" / "usr"
    assert files_below(staged.prefix) == files_below(installed.prefix)
    assert [path.name for path in (tmp_path / "stage").iterdir()] == ["usr"]
    for name in files_below(staged.prefix):
        here = (installed.prefix / name).read_bytes()
        if name == SERVICE:  # systemd wants whole paths
            here = here.replace(str(installed.prefix).encode(), b"/usr")
        assert (staged.prefix / name).read_bytes() == here, name


# ---- systemd ----


def unit(path):
    """[(key, value)] of all sections, in their order."""
    lines = [line for line in path.read_text().splitlines() if line and line[0] not in "#;["]
    return [tuple(line.split("=", 1)) for line in lines]


def verify(*units):
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", *units], capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def test_systemd_finds_nothing_wrong_with_the_units(installed, tmp_path):
    assert verify(*[installed.prefix / name for name in UNITS]) == (0, "")
    # It does look: at keys, and whether the program is there.
    for name, there, wrong in (("key", "OOMPolicy=continue", "OOMPolicies=continue"),
                               ("program", "/bin/affnotifyd", "/bin/affnotifyx")):
        broken = tmp_path / name / "affnotify.service"
        broken.parent.mkdir()
        broken.write_text((installed.prefix / SERVICE).read_text().replace(there, wrong))
        assert verify(broken) != (0, "")


def test_the_service_is_out_of_the_machines_reach(installed):
    run(["systemd-analyze", "security", "--offline=yes", "--threshold=25", installed.prefix / SERVICE])


def test_the_service_runs_and_reloads_what_is_installed(installed, tmp_path):
    service = dict(unit(installed.prefix / SERVICE))
    program, *arguments = service["ExecStart"].split()
    assert program == str(installed.affnotifyd) and arguments == ["-c", "/etc/affnotify/affnotify.ini"]
    assert service["ExecReload"].split()[:2] == ["/bin/kill", "-HUP"]
    # Where the service may write is where the starter configuration writes.
    ini = (installed.prefix / "share/affnotify/affnotify.ini").read_text()
    assert f"state = /var/lib/{service['StateDirectory']}\n" in ini
    assert f"socket = /run/{service['RuntimeDirectory']}/bus.sock\n" in ini
    port = dict(unit(installed.prefix / UNITS[1]))["ListenStream"]
    assert f"listen = https://0.0.0.0:{port}\n" in ini


# ---- Plugins built from it ----

LINES = book.files()["lines.c"]

NEEDS_A_CONSTRUCTOR = """
#include <affnotify/sink.h>
#include <string>

struct chatty {
    const char *path;
    std::string line = "constructed";
};
static const affn_option options[] = {
    AFFN_OPT_PATH(chatty, path, AFFN_REQUIRED, nullptr, "One."),
};
static int32_t deliver(void *, const affn_batch *, affn_reply *) noexcept
{
    return AFFN_DELIVERED;
}
static void describe(affn_sink *sink) noexcept
{
    sink->name = "chatty";
    sink->version = "1";
    sink->summary = "Does not compile.";
    sink->self_bytes = sizeof(chatty);
    sink->options = options;
    sink->option_count = AFFN_COUNT(options);
    sink->deliver = deliver;
}
AFFN_SINK_BY(describe)
"""


def project(folder, name, source, language="C", more=""):
    """A CMake project of one plugin."""
    folder.mkdir()
    ending = {"C": "c", "CXX": "cpp"}[language]
    (folder / f"{name}.{ending}").write_text(source)
    (folder / "CMakeLists.txt").write_text(
        f"cmake_minimum_required(VERSION 3.16)\nproject({name} LANGUAGES {language})\n"
        f"find_package(affnotify 0.1 REQUIRED)\naffnotify_add_plugin({name} {name}.{ending})\n"
        f"target_compile_options({name} PRIVATE {' '.join(STRICT)})\n{more}"
    )
    return folder


def exported(library):
    symbols = run(["nm", "-D", "--defined-only", library])
    return [name for name in re.findall(r" [TDRB] (\w+)", symbols)]


@pytest.fixture
def start_installed(tmp_path):
    """Makes a bus of the installed programs; `plugins` is the directory of its plugins."""
    started = []

    def start(installed, sinks, plugins=None):
        bus = Bus(tmp_path)
        bus.config.write_text(
            f"[bus]\nstate = {bus.state}\nsocket = {bus.socket}\n"
            + (f"plugins = {plugins}\n" if plugins else "") + sinks
        )
        checked = run([installed.affnotify, "check", "-c", bus.config])
        assert checked == "0 mistakes, 0 warnings\n"
        log = open(bus.log_path, "ab")
        bus.process = subprocess.Popen([installed.affnotifyd, "-c", bus.config], stdout=log, stderr=log)
        log.close()
        started.append(bus)
        wait_until(bus.answers, "the bus answers")
        return bus

    yield start
    for bus in started:
        assert bus.stop() == 0, bus.log()


def emit(installed, bus, email):
    return run([installed.affnotify, "emit", "created", "--email", email, "-c", bus.config]).strip()


def expect_delivered(installed, bus, name):
    event_id = emit(installed, bus, "ada@example.com")
    bus.wait_for(name, delivered=1, state="open")
    return event_id


def lines_section(folder):
    return f"[sink:archive]\nplugin = lines\npath = {folder}/archive.txt\n"


def test_a_sink_in_c_by_cmake(installed, tmp_path, start_installed):
    build = installed.build_by_cmake(project(tmp_path / "lines", "lines", LINES))
    assert exported(build / "lines.so") == ["affn_sink_v1"]
    bus = start_installed(installed, lines_section(tmp_path), build)
    event_id = expect_delivered(installed, bus, "archive")
    assert (tmp_path / "archive.txt").read_text().startswith(f"{event_id}\t{{\"event\":")


def test_a_sink_in_c_by_pkg_config(installed, tmp_path, start_installed):
    (tmp_path / "lines.c").write_text(LINES)
    library = installed.build_by_hand(tmp_path / "lines.c", tmp_path / "lines.so")
    assert exported(library) == ["affn_sink_v1"]
    bus = start_installed(installed, lines_section(tmp_path).replace("= lines", f"= {library}"))
    expect_delivered(installed, bus, "archive")


def test_a_sink_in_cpp_by_cmake(installed, tmp_path, start_installed):
    build = installed.build_by_cmake(
        project(tmp_path / "roster", "roster", book.files()["roster.cpp"], "CXX"))
    assert exported(build / "roster.so") == ["affn_sink_v1"]
    (tmp_path / "people").write_text("grace@example.com\n")
    bus = start_installed(installed, f"[sink:who]\nplugin = roster\npath = {tmp_path}/people\n", build)
    expect_delivered(installed, bus, "who")
    assert (tmp_path / "people").read_text() == "ada@example.com\ngrace@example.com\n"
    run([installed.affnotify, "emit", "deactivated", "--email", "grace@example.com", "-c", bus.config])
    bus.wait_for("who", delivered=2)
    assert (tmp_path / "people").read_text() == "ada@example.com\n"


@pytest.mark.parametrize("standard", ["17", "20"])
def test_a_sink_in_cpp_that_makes_requests(installed, tmp_path, start_installed, https_server, standard):
    folder = project(tmp_path / "chat", "chat", CPP_SINK, "CXX")
    build = installed.build_by_cmake(folder, f"-DCMAKE_CXX_STANDARD={standard}")
    (tmp_path / "url").write_text(f"{https_server.url}/post\n")
    (tmp_path / "url").chmod(0o600)
    bus = start_installed(
        installed,
        f"[sink:chat]\nplugin = chat\nurl = file:{tmp_path}/url\nca_file = {https_server.ca_file}\n", build)
    expect_delivered(installed, bus, "chat")
    assert [json.loads(request.body)["email"] for request in https_server.requests] == ["ada@example.com"]


def test_a_struct_with_a_constructor_does_not_compile(installed, tmp_path):
    folder = project(tmp_path / "chatty", "chatty", NEEDS_A_CONSTRUCTOR, "CXX")
    with pytest.raises(AssertionError) as failure:
        installed.build_by_cmake(folder)
    assert "the plugin's struct starts as zeros and is never constructed" in str(failure.value)
    (folder / "chatty.cpp").write_text(
        NEEDS_A_CONSTRUCTOR.replace('std::string line = "constructed"', "std::string *line"))
    installed.build_by_cmake(folder)


def test_c_and_cpp_in_one_project(installed, tmp_path):
    """Two plugins, a test that only needs the headers, and a second find_package."""
    folder = project(tmp_path / "two", "lines", LINES, "C", more=(
        "enable_language(CXX)\nfind_package(affnotify REQUIRED)\n"
        "affnotify_add_plugin(roster roster.cpp)\n"
        "add_executable(try try.c lines.c)\ntarget_link_libraries(try PRIVATE affnotify::plugin)\n"
        "file(WRITE ${CMAKE_BINARY_DIR}/said \"${affnotify_ABI} ${affnotify_REVISION} "
        "${affnotify_INCLUDE_DIR} ${affnotify_PLUGIN_DIR} ${affnotify_VERSION}\")\n"))
    for name in ("roster.cpp", "try.c"):
        (folder / name).write_text(book.files()[name])
    build = installed.build_by_cmake(folder)
    assert run([build / "try", tmp_path / "out.txt"]).endswith("deliver: 1 \n")
    header = (ROOT / "include/affnotify/sink.h").read_text()
    abi, revision = (re.search(rf"#define AFFN_{name}\s+(\d+)", header)[1] for name in ("ABI", "REVISION"))
    said = (build / "said").read_text().split()
    assert said[:4] == [abi, revision, f"{installed.prefix}/include", str(installed.plugins)]
    assert [installed.pkg_config("--variable=abi"), installed.pkg_config("--variable=revision")] == said[:2]
    assert installed.pkg_config("--modversion") == said[4]
    assert pathlib.Path(installed.pkg_config("--variable=plugindir")).resolve() == installed.plugins
    assert run([installed.affnotify, "--version"]).split()[-1] == said[4]

    run(["cmake", "--install", "build", "--prefix", tmp_path / "there"], cwd=folder)
    assert files_below(tmp_path / "there") == [
        "lib/affnotify/plugins/lines.so", "lib/affnotify/plugins/roster.so"]


def test_a_later_version_than_this_is_refused(installed, tmp_path):
    folder = project(tmp_path / "later", "lines", LINES)
    text = (folder / "CMakeLists.txt").read_text()
    (folder / "CMakeLists.txt").write_text(text.replace("affnotify 0.1 ", "affnotify 999 "))
    with pytest.raises(AssertionError) as failure:
        installed.build_by_cmake(folder)
    assert "compatible with requested version \"999\"" in " ".join(str(failure.value).split())


def test_an_installation_can_be_moved(installed, tmp_path, start_installed):
    """Programs, plugins of its own, pkg-config and CMake: all by paths relative to themselves."""
    shutil.copytree(installed.prefix, tmp_path / "first")
    (tmp_path / "first").rename(tmp_path / "moved")
    moved = Installed(tmp_path / "moved")
    build = moved.build_by_cmake(project(tmp_path / "lines", "lines", LINES))
    assert pathlib.Path(moved.pkg_config("--variable=plugindir")).resolve() == moved.plugins
    shutil.copy(build / "lines.so", moved.plugins)
    bus = start_installed(moved, lines_section(tmp_path) + f"[sink:crm]\nplugin = csv\npath = {tmp_path}/crm.csv\n")
    event_id = expect_delivered(moved, bus, "archive")
    bus.wait_for("crm", delivered=1)
    assert event_id in (tmp_path / "crm.csv").read_text()
