"""The README's first command, as a newcomer runs it: twice, leaving nothing behind."""

import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]


def run(folder):
    environment = dict(os.environ, TMPDIR=str(folder))
    done = subprocess.run(["sh", "etc/quickstart.sh"], cwd=ROOT, env=environment, capture_output=True,
                          text=True, stdin=subprocess.DEVNULL, timeout=800)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def expect(output):
    spec = '{"event":"affiliate.created","affiliate_id":"ia_45fee001","email":"affiliate@example.com",' \
           '"deep_link":"https://myapp.link/ref/abc123","occurred_at":"2026-03-18T12:00:00.000Z"}'
    assert spec in output  # the webhook's body, byte for byte
    assert "webhook-id: evt_20babe0243f0adff3bbe26322782ffc5" in output
    assert "evt_20babe0243f0adff3bbe26322782ffc5,affiliate.created,ia_45fee001," in output
    assert "a-token-for-this-demonstration" not in output
    assert "backend  delivered" in output and "What next" in output


def processes_in(folder):
    found = []
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if str(folder).encode() in (process / "cmdline").read_bytes():
                found.append(process.name)
        except OSError:
            pass  # it has ended
    return found


def test_the_quickstart_runs_twice_and_leaves_nothing(tmp_path):
    for _ in range(2):
        expect(run(tmp_path))
        assert list(tmp_path.iterdir()) == []
        assert processes_in(tmp_path) == []
