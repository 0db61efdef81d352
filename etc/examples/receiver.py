"""A webhook endpoint for trying affnotify out: receiver.py CERTIFICATE KEY FOLDER

Listens with HTTPS on a free port of loopback, writes that port to FOLDER/port, and each request, as it
came, to FOLDER/requests. Ends with its parent's SIGTERM.
"""

import http.server
import pathlib
import ssl
import sys


class Endpoint(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    folder = None

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with open(self.folder / "requests", "ab") as file:
            file.write(f"{self.requestline}\n{self.headers}".encode() + body + b"\n\n")
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


def main():
    certificate, key, folder = sys.argv[1:]
    Endpoint.folder = pathlib.Path(folder)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    port = Endpoint.folder / "port.new"
    port.write_text(str(server.server_port))
    port.rename(Endpoint.folder / "port")
    server.serve_forever()


main()
