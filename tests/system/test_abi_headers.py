"""The public headers, by strict compilers for C and C++."""

import re
import shutil
import subprocess

import pytest

from book import INCLUDE

WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion", "-Werror"]
C = [["gcc", "-std=c17", "-xc"], ["clang", "-std=c17", "-xc"]]
CPP = [["g++", "-std=c++17", "-xc++"], ["clang++", "-std=c++17", "-xc++"]]
HEADERS = ["affnotify/sink.h", "affnotify/request.h", "affnotify/notice.h"]


def compiler_name(compiler):
    return compiler[0]


def run(command, **more):
    return subprocess.run(command, capture_output=True, text=True, timeout=60, **more)


def compile_source(compiler, source, folder, *flags):
    """Compiles source to folder/out.o, strictly; the finished process."""
    if not shutil.which(compiler[0]):
        pytest.skip(f"{compiler[0]} is not installed")
    return run([*compiler, *WARNINGS, *flags, f"-I{INCLUDE}", "-fPIC", "-c", "-", "-o",
                str(folder / "out.o")], input=source)


@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize("compiler", C + CPP, ids=compiler_name)
@pytest.mark.parametrize("flags", [[], ["-DAFFN_TARGET=1"]], ids=["newest", "target-1"])
def test_a_header_compiles_alone(compiler, header, flags, tmp_path):
    result = compile_source(compiler, f"#include <{header}>\nint used;\n", tmp_path, *flags)
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("compiler", C + CPP, ids=compiler_name)
@pytest.mark.parametrize("target", ["0", "2"])
def test_an_unknown_target_is_an_error(compiler, target, tmp_path):
    result = compile_source(compiler, "#include <affnotify/sink.h>\nint used;\n", tmp_path,
                            f"-DAFFN_TARGET={target}")
    assert result.returncode != 0
    assert "AFFN_TARGET names a revision that this affnotify/sink.h does not know" in result.stderr


ROWS = [
    ("const char *", "STRING", "0, NULL"),
    ("int64_t", "INT", "0, NULL, 0, 10"),
    ("int32_t", "BOOL", '0, "yes"'),
    ("int64_t", "SIZE", "0, NULL, 0, 0"),
    ("int64_t", "DURATION", "0, NULL, 0, 0"),
    ("int32_t", "CHOICE", '0, "one", choices'),
    ("struct affn_list", "LIST", "0, NULL"),
    ("struct affn_map", "MAP", "0"),
    ("const char *", "URL", "AFFN_REQUIRED, NULL"),
    ("const char *", "PATH", "AFFN_REQUIRED, NULL"),
]
OTHER_TYPES = {
    "const char *": ["char *", "int64_t", "char"],
    "int64_t": ["int32_t", "uint64_t", "double"],
    "int32_t": ["bool_", "int64_t", "uint32_t"],
    "struct affn_list": ["struct affn_map", "const char *"],
    "struct affn_map": ["struct affn_list", "const char *"],
}


def option_source(c_type, row, rest):
    return f"""
#include <affnotify/sink.h>
typedef unsigned char bool_;
struct self {{ char before; {c_type} member; }};
extern const char *const choices[];
const char *const choices[] = {{"one", "two", NULL}};
extern const struct affn_option options[];
const struct affn_option options[] = {{
    AFFN_OPT_{row}(struct self, member, {rest}, "One sentence."),
}};
"""


@pytest.mark.parametrize("compiler", C + CPP, ids=compiler_name)
@pytest.mark.parametrize("c_type,row,rest", ROWS, ids=[row for _, row, _ in ROWS])
def test_a_member_has_the_type_of_its_option(compiler, c_type, row, rest, tmp_path):
    result = compile_source(compiler, option_source(c_type, row, rest), tmp_path)
    assert result.returncode == 0, result.stderr
    for other in OTHER_TYPES[c_type]:
        result = compile_source(compiler, option_source(other, row, rest), tmp_path)
        assert result.returncode != 0, f"{other} passed for {row}"
        assert "is not the one that its option needs" in result.stderr


CPP_SINK = """
#include <affnotify/request.h>
#include <cstring>

namespace {
struct chat {
    const char *url;
    int64_t wait;
    affn_map header;
};

const affn_option options[] = {
    AFFN_OPT_URL(chat, url, AFFN_REQUIRED | AFFN_SECRET, nullptr, "Where to."),
    AFFN_OPT_DURATION(chat, wait, 0, "1s", 0, 60000, "How long."),
    AFFN_OPT_MAP(chat, header, 0, "More headers."),
};

int32_t prepare(void *self, const affn_batch *batch, affn_request *request,
                affn_reply *reply) noexcept
{
    reply->taken = 1;
    request->url(request, static_cast<chat *>(self)->url, AFFN_SECRET);
    request->body(request, batch->events[0]->canonical, batch->events[0]->canonical_bytes);
    return AFFN_SEND;
}

const affn_requester requester = {AFFN_REQUESTER_STAMP, prepare, nullptr};

const void *extension(const char *id) noexcept
{
    return std::strcmp(id, AFFN_REQUEST) == 0 ? &requester : nullptr;
}

void describe(affn_sink *sink) noexcept
{
    sink->name = "chat";
    sink->version = "1.0";
    sink->summary = "Tells a chat.";
    sink->self_bytes = sizeof(chat);
    sink->options = options;
    sink->option_count = AFFN_COUNT(options);
    sink->extension = extension;
}
}

AFFN_SINK_BY(describe)
"""


@pytest.mark.parametrize("compiler", CPP, ids=compiler_name)
def test_a_sink_in_cpp(compiler, tmp_path):
    result = compile_source(compiler, CPP_SINK, tmp_path)
    assert result.returncode == 0, result.stderr
    result = compile_source(compiler, CPP_SINK.replace("*id) noexcept", "*id)"), tmp_path)
    assert result.returncode != 0, "a callback that may throw passed"


def test_a_cpp_sink_needs_libc_only_and_exports_one_symbol(tmp_path):
    library = tmp_path / "chat.so"
    result = run(["g++", "-std=c++17", "-xc++", "-", f"-I{INCLUDE}", "-shared", "-fPIC",
                  "-fvisibility=hidden", "-nostdlib", "-o", str(library)], input=CPP_SINK)
    assert result.returncode == 0, result.stderr
    symbols = run(["nm", "-D", "--defined-only", str(library)]).stdout.split()
    assert [name for name in symbols if name.startswith("affn")] == ["affn_sink_v1"]
    undefined = run(["nm", "-D", "--undefined-only", str(library)]).stdout
    assert set(re.findall(r" U (\w+)", undefined)) <= {"strcmp"}
