"""An HTTPS server on loopback for tests: records requests as they came, answers as it is told."""
import socket
import ssl
import threading


class Request:
    def __init__(self, connection, head, body):
        self.connection = connection  # a number, the same for requests of one connection
        self.raw = head + body
        self.body = body
        lines = head.decode("latin-1").split("\r\n")
        self.method, self.path, self.version = lines[0].split(" ")
        self.header_lines = [line for line in lines[1:] if line]
        self.headers = {}
        for line in self.header_lines:
            name, value = line.split(":", 1)
            self.headers[name.lower()] = value.strip()


def response(status=200, body=b"", headers=()):
    lines = [f"HTTP/1.1 {status} Status", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


class HttpsServer:
    """`answer(request)` returns a status, or bytes to send, or None to close the connection instead.

    It may block: each connection has a thread. After it, the connection is kept, unless `answer`
    returns a pair (status or bytes, False).
    """

    def __init__(self, context, ca_file):
        self.context = context
        self.ca_file = ca_file  # what a client must trust
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self.listener.getsockname()[1]
        self.url = f"https://localhost:{self.port}"
        self.requests = []
        self.answer = lambda request: 200
        self.connections = 0
        self.open_sockets = set()
        self.lock = threading.Lock()
        self.arrived = threading.Condition(self.lock)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                plain, _ = self.listener.accept()
            except OSError:
                return
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self.lock:
                self.connections += 1
                number = self.connections
                self.open_sockets.add(plain)
            threading.Thread(target=self.serve, args=(plain, number), daemon=True).start()

    def serve(self, plain, number):
        try:
            with self.context.wrap_socket(plain, server_side=True) as connection:
                with self.lock:
                    self.open_sockets.add(connection)
                while self.exchange(connection, number):
                    pass
        except (OSError, ssl.SSLError, ValueError):
            pass  # the client went away, or did not like our certificate
        finally:
            plain.close()

    def exchange(self, connection, number):
        request = self.read(connection, number)
        if request is None:
            return False
        with self.lock:
            self.requests.append(request)
            self.arrived.notify_all()
        answered = self.answer(request)
        keep = True
        if isinstance(answered, tuple):
            answered, keep = answered
        if answered is None:
            return False
        connection.sendall(response(answered) if isinstance(answered, int) else answered)
        return keep

    @staticmethod
    def read(connection, number):
        data = b""
        while b"\r\n\r\n" not in data:
            got = connection.recv(65536)
            if not got:
                return None
            data += got
        head, body = data.split(b"\r\n\r\n", 1)
        head += b"\r\n\r\n"
        length = 0
        for line in head.decode("latin-1").lower().split("\r\n"):
            if line.startswith("content-length:"):
                length = int(line.split(":")[1])
        while len(body) < length:
            got = connection.recv(65536)
            if not got:
                return None
            body += got
        return Request(number, head, body)

    def wait_for(self, count, wait_s=30):
        """Until so many requests have come."""
        with self.lock:
            enough = self.arrived.wait_for(lambda: len(self.requests) >= count, wait_s)
        assert enough, f"only {len(self.requests)} of {count} requests have come"

    def drop_connections(self):
        with self.lock:
            for connection in self.open_sockets:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def close(self):
        self.listener.close()
        self.drop_connections()
