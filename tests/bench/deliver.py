"""Deliveries/s of the webhook sink into nginx over HTTPS, in turn with h2load on the same nginx."""

import re
import subprocess
import time

from place import Bus, folder, lines, running, show

ROUNDS = 5
EVENTS = 60_000
CONNECTIONS = 32

NGINX = """
daemon off;
worker_processes 1;
pid {place}/nginx.pid;
error_log {place}/nginx.error;
events {{ worker_connections 512; }}
http {{
    access_log off;
    keepalive_requests 10000000;
    client_body_temp_path {place}/body; proxy_temp_path {place}/proxy; fastcgi_temp_path {place}/fastcgi;
    uwsgi_temp_path {place}/uwsgi; scgi_temp_path {place}/scgi;
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_certificate {place}/server.pem;
        ssl_certificate_key {place}/server.key;
        ssl_protocols TLSv1.3;
        location / {{ return 204; }}
    }}
}}
"""


def make_certificate(place):
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
         "-keyout", "server.key", "-out", "server.pem"],
        cwd=place, check=True, capture_output=True)


def h2load(port, body):
    output = subprocess.run(
        ["h2load", "--h1", "-n", str(EVENTS), "-c", str(CONNECTIONS), "-t", "1", "-d", body,
         "-H", "content-type: application/json", f"https://127.0.0.1:{port}/affiliates"],
        check=True, capture_output=True, text=True).stdout
    assert f"{EVENTS} succeeded" in output, output
    return float(re.search(r"([\d.]+) req/s", output).group(1))


def deliver(bus, total):
    """The sink was off while the events came in; how fast does it catch up?"""
    begun = None
    while True:
        sink = bus.sink("backend")
        if begun is None and sink["state"] == "open":
            begun, first = time.perf_counter(), sink["delivered"]
        if sink["pending"] == 0:
            assert sink["dead"] == 0, sink
            return (total - first) / (time.perf_counter() - begun)
        time.sleep(0.005)


def hand_in(bus, first):
    connection = bus.connect()
    for start in range(first, first + EVENTS, 1000):
        connection.socket.sendall(b"".join(lines(start, 1000)))
        for _ in range(1000):
            assert connection.receive()["ok"]
    connection.close()


def main():
    port = 18443
    with folder() as place:
        make_certificate(place)
        (place / "nginx.conf").write_text(NGINX.format(place=place, port=port))
        body = place / "body.json"
        body.write_bytes(lines(0, 1)[0].strip())
        nginx = subprocess.Popen(["nginx", "-p", place, "-c", place / "nginx.conf"])
        try:
            ours, theirs = [], []
            sink = (f"[sink:backend]\nplugin = webhook\nurl = https://localhost:{port}/affiliates\n"
                    f"ca_file = {place}/server.pem\n")
            for number in range(ROUNDS):
                # The sink is disabled while the events come in, so that it then runs at full speed.
                bus = Bus(place, sink + "enabled = no\n")
                with running(bus):
                    hand_in(bus, number * EVENTS)
                bus.configure(sink)
                with running(bus):
                    ours.append(deliver(bus, (number + 1) * EVENTS))
                theirs.append(h2load(port, body))
        finally:
            nginx.terminate()
            nginx.wait()
    webhook = show("webhook sink into nginx", ours, "deliveries/s")
    load = show(f"h2load --h1 -c {CONNECTIONS} on the same nginx", theirs, "requests/s")
    print(f"ratio {webhook / load:.3f}")


main()
