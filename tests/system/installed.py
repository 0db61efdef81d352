"""The build under test, installed into a folder; and how plugins are built from what lies there."""

import os
import subprocess

from harness import BUILD

STRICT = ["-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion", "-Werror"]


def run(command, **options):
    """Runs it to its end, which must be a good one; returns what it printed."""
    options.setdefault("timeout", 300)
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, **options)
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


class Installed:
    """An installation below `prefix`; a build of plugins sees nothing else of affnotify."""

    def __init__(self, prefix):
        self.prefix = prefix
        self.affnotify = prefix / "bin" / "affnotify"
        self.affnotifyd = prefix / "bin" / "affnotifyd"
        self.plugins = prefix / "lib" / "affnotify" / "plugins"

    def environment(self):
        """What makes it the only affnotify that PATH, pkg-config and CMake find."""
        return dict(
            os.environ,
            PATH=f"{self.prefix}/bin:{os.environ['PATH']}",
            PKG_CONFIG_PATH=f"{self.prefix}/lib/pkgconfig",
            CMAKE_PREFIX_PATH=str(self.prefix),
        )

    def pkg_config(self, *arguments):
        return run(["pkg-config", *arguments, "affnotify"], env=self.environment()).strip()

    def build_by_cmake(self, folder, *arguments):
        """Builds the CMake project in `folder` to folder/build."""
        environment = self.environment()
        run(["cmake", "-S", ".", "-B", "build", *arguments], cwd=folder, env=environment)
        run(["cmake", "--build", "build"], cwd=folder, env=environment)
        return folder / "build"

    def build_by_hand(self, source, library, compiler="cc", standard="c17"):
        """Builds one source file to a plugin by pkg-config, strictly."""
        run([compiler, f"-std={standard}", *STRICT, "-shared", "-fPIC", "-fvisibility=hidden",
             *self.pkg_config("--cflags").split(), "-o", library, source])
        return library


def install(prefix, stage=None):
    """Installs to `prefix`, below the folder `stage` if there is one (DESTDIR)."""
    environment = dict(os.environ)
    environment.pop("DESTDIR", None)
    if stage:
        environment["DESTDIR"] = str(stage)
    run(["cmake", "--install", BUILD, "--prefix", prefix, "--strip"], env=environment)
    return Installed(stage / str(prefix).lstrip("/") if stage else prefix)
