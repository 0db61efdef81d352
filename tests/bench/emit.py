"""`affnotify emit` from cold to durable, in milliseconds, beside /bin/true started the same way."""

import os
import subprocess
import time

from place import AFFNOTIFY, Bus, folder, running, show

RUNS = 200


def milliseconds(command, environment):
    begun = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)
    return (time.perf_counter() - begun) * 1000


def main():
    with folder() as place, running(Bus(place)) as bus:
        environment = dict(os.environ, AFFNOTIFY_SOCKET=str(bus.socket))
        emits, trues = [], []
        for number in range(RUNS):
            command = [AFFNOTIFY, "emit", "created", "--email", f"person{number}@example.com"]
            emits.append(milliseconds(command, environment))
            trues.append(milliseconds(["/bin/true"], environment))
    emit = show("affnotify emit, cold to durable", emits, "ms")
    true = show("/bin/true", trues, "ms")
    print(f"difference {emit - true:.2f} ms")


main()
