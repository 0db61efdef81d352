"""Requests/s of the door, each with a new event that is durable before it is answered, over HTTP and HTTPS, in turn
with nginx answering 204 to the same requests."""

import re
import statistics
import subprocess

from place import TOKEN, Bus, folder, free_port, make_certificate, running, show

ROUNDS = 3
SECONDS = 3
CONNECTIONS = [1, 32, 256]

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
    server {{
        listen 127.0.0.1:{plain};
        listen 127.0.0.1:{tls} ssl;
        ssl_certificate {place}/server.pem;
        ssl_certificate_key {place}/server.key;
        ssl_protocols TLSv1.3;
        location / {{ return 204; }}
    }}
}}
"""

# No two requests of all rounds hand in the same event.
LUA = """
local run = 0
local count = 0
function init(arguments) run = arguments[1] end
local headers = {["content-type"] = "application/json", ["authorization"] = "Bearer %s"}
function request()
    count = count + 1
    return wrk.format("POST", "/v1/events", headers, string.format('{"event":"affiliate.created",' ..
        '"email":"person%%d.%%s@example.com","deep_link":"https://myapp.link/ref/abc123",' ..
        '"occurred_at":"2026-03-18T12:00:00.000Z"}', count, run))
end
"""


def settings(place, scheme, port):
    lines = f"listen = {scheme}://127.0.0.1:{port}\ningest_tokens = {TOKEN}\n"
    if scheme == "https":
        lines += f"tls_certificate = {place}/server.pem\ntls_key = {place}/server.key\n"
    return lines


def milliseconds(text):
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s)", text).groups()
    return float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


def load(place, scheme, port, connections, run):
    """Requests/s, and the times of the middle request and of the slowest of a hundred."""
    output = subprocess.run(
        ["wrk", "-t", "1", "-c", str(connections), "-d", f"{SECONDS}s", "--latency", "-s", place / "load.lua",
         f"{scheme}://127.0.0.1:{port}/v1/events", run],
        check=True, capture_output=True, text=True).stdout
    assert "Non-2xx" not in output and "Socket errors" not in output, output
    half, slow = (milliseconds(re.search(rf"^ +{share}% +(\S+)", output, re.MULTILINE).group(1)) for share in (50, 99))
    return float(re.search(r"Requests/sec:\s+([\d.]+)", output).group(1)), half, slow


def compare(place, scheme, ours, theirs, connections):
    figures = {"door": [], "nginx": []}
    for number in range(ROUNDS):
        for name, port in (("door", ours), ("nginx", theirs)):
            figures[name].append(load(place, scheme, port, connections, f"{scheme}{connections}.{number}"))
    middle = {}
    for name, rounds in figures.items():
        middle[name] = show(f"{name}, {scheme}, {connections} connections", [rate for rate, _, _ in rounds], "requests/s")
        half, slow = (statistics.median(times[at] for times in rounds) for at in (1, 2))
        print(f"{'':44} p50 {half:.2f} ms, p99 {slow:.2f} ms")
    print(f"{'':44} ratio {middle['door'] / middle['nginx']:.3f}", flush=True)


def main():
    with folder() as place:
        make_certificate(place)
        (place / "load.lua").write_text(LUA % TOKEN)
        plain, tls = free_port(), free_port()
        (place / "nginx.conf").write_text(NGINX.format(place=place, plain=plain, tls=tls))
        nginx = subprocess.Popen(["nginx", "-p", place, "-c", place / "nginx.conf"])
        try:
            for scheme, theirs in (("http", plain), ("https", tls)):
                ours = free_port()
                with running(Bus(place, bus=settings(place, scheme, ours))) as bus:
                    bus.wait_for_log(f'the door is open" listen={scheme}:')
                    for connections in CONNECTIONS:
                        compare(place, scheme, ours, theirs, connections)
        finally:
            nginx.terminate()
            nginx.wait()


main()
