"""An nginx on loopback for benchmarks of the webhook sink, and events handed in for it beforehand."""

import contextlib
import subprocess
import time

from place import lines, make_certificate

PORT = 18443
HANG_PORT = 18444
BEHIND_PORT = 18445

NGINX = """
daemon off;
worker_processes 1;
pid {place}/nginx.pid;
error_log {place}/nginx.error;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    keepalive_requests 10000000;
    client_body_temp_path {place}/body; proxy_temp_path {place}/proxy; fastcgi_temp_path {place}/fastcgi;
    uwsgi_temp_path {place}/uwsgi; scgi_temp_path {place}/scgi;
    proxy_read_timeout 1h;
    upstream behind {{
        server 127.0.0.1:{behind_port};
        keepalive 64;
        keepalive_requests 10000000;
    }}
    server {{
        listen 127.0.0.1:{behind_port};
        location / {{ return 204; }}
    }}
    server {{
        listen 127.0.0.1:{port} ssl http2;
        ssl_certificate {place}/server.pem;
        ssl_certificate_key {place}/server.key;
        ssl_protocols TLSv1.3;
        location / {{ return 204; }}
        location /read {{
            proxy_pass http://behind;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
        }}
        location /429 {{ return 429; }}
        location /hang {{ proxy_pass http://127.0.0.1:{hang_port}; }}
    }}
}}
"""


@contextlib.contextmanager
def nginx(place):
    """
    Answers 204 to all, and for /read after the whole request was read; but /429 gets that, and /hang waits for whoever
    has HANG_PORT.
    """
    make_certificate(place)
    (place / "nginx.conf").write_text(NGINX.format(place=place, port=PORT, hang_port=HANG_PORT, behind_port=BEHIND_PORT))
    process = subprocess.Popen(["nginx", "-p", place, "-c", place / "nginx.conf"])
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def section(place, name, path, extra=""):
    return (f"[sink:{name}]\nplugin = webhook\nurl = https://localhost:{PORT}/{path}\n"
            f"ca_file = {place}/server.pem\n{extra}\n")


def hand_in(bus, first, count):
    connection = bus.connect()
    for start in range(first, first + count, 1000):
        connection.socket.sendall(b"".join(lines(start, 1000)))
        for _ in range(1000):
            assert connection.receive()["ok"]
    connection.close()


def deliver(bus, name, total):
    """The sink was off while the events came in; how fast does it catch up?"""
    begun = None
    while True:
        sink = bus.sink(name)
        if begun is None and sink["state"] == "open":
            begun, first = time.perf_counter(), sink["delivered"]
        if sink["pending"] == 0:
            assert sink["dead"] == 0, sink
            return (total - first) / (time.perf_counter() - begun)
        time.sleep(0.005)


__all__ = ["HANG_PORT", "PORT", "deliver", "hand_in", "nginx", "section"]
