"""Events/s accepted, that is committed and answered, through the socket in bulk by one connection."""

import socket
import threading
import time

from place import Bus, folder, lines, running, show

ROUNDS = 5
EVENTS = 50_000


def exchange(connection, data, count):
    """Sends all and reads `count` lines at the same time; returns lines/s."""

    def read():
        seen = 0
        while seen < count:
            seen += connection.recv(1 << 20).count(b"\n")

    reader = threading.Thread(target=read)
    begun = time.perf_counter()
    reader.start()
    connection.sendall(data)
    reader.join()
    return count / (time.perf_counter() - begun)


def answer_at_once(connection):
    with connection:
        while data := connection.recv(1 << 18):
            connection.sendall(b'{"ok":true,"id":"evt_00000000000000000000000000000000","new":true}\n' * data.count(b"\n"))


def main():
    bus_figures, echo_figures = [], []
    with folder() as place, running(Bus(place)) as bus:
        for number in range(ROUNDS):
            data = b"".join(lines(number * EVENTS, EVENTS))
            with socket.socket(socket.AF_UNIX) as connection:
                connection.connect(str(bus.socket))
                bus_figures.append(exchange(connection, data, EVENTS))
            ours, theirs = socket.socketpair()
            threading.Thread(target=answer_at_once, args=(theirs,), daemon=True).start()
            with ours:
                echo_figures.append(exchange(ours, data, EVENTS))
    accepted = show("accepted by the bus", bus_figures, "events/s")
    answered = show("answered by a reader that does nothing", echo_figures, "lines/s")
    print(f"ratio {accepted / answered:.3f}")


main()
