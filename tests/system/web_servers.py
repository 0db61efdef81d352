"""Web servers and proxies of others, started on loopback for tests: Apache, which is also a proxy, and nginx; and a wire
between two that notes what goes over it."""
import os
import signal
import socket
import subprocess
import threading

from harness import wait_until

MODULES = "/usr/lib/apache2/modules"

APACHE = """
ServerRoot {folder}
PidFile {folder}/pid
DefaultRuntimeDir {folder}
ErrorLog {folder}/error.log
ServerName localhost
Listen 127.0.0.1:{port}
{modules}
"""
APACHE_MODULES = "mpm_event authn_core authn_file authz_core authz_host authz_user auth_basic rewrite"

MUTUAL = """
LogFormat "%{{SSL_CLIENT_VERIFY}}x %{{SSL_CLIENT_S_DN_CN}}x \\"%r\\" %>s" seen
CustomLog seen.log seen
SSLEngine on
SSLCertificateFile {server}.pem
SSLCertificateKeyFile {server}.key
SSLCACertificateFile {ca}
SSLVerifyClient require
SSLProtocol -all +TLSv1.2 +TLSv1.3
RewriteEngine on
RewriteRule .* - [R=204,L]
"""

TUNNEL = """
ProxyRequests on
AllowCONNECT {allowed}
<Proxy *>
AuthType Basic
AuthName tunnel
AuthUserFile {folder}/users
Require {require}
</Proxy>
"""

NGINX = """
daemon off;
pid {folder}/pid;
error_log {folder}/error.log;
events {{ }}
http {{
    log_format seen '$ssl_client_verify $ssl_client_s_dn "$request" $status';
    access_log {folder}/seen.log seen;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port} ssl http2;
        ssl_certificate {server}.pem;
        ssl_certificate_key {server}.key;
        ssl_client_certificate {ca};
        ssl_verify_client on;
        location / {{ return 204; }}
    }}
}}
"""


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


class Server:
    """A program with its own folder and port; `seen` is what it has noted of requests."""

    def __init__(self, folder):
        self.folder = folder
        self.port = free_port()
        self.url = f"https://localhost:{self.port}"
        self.process = None
        folder.mkdir()
        if os.geteuid() == 0:
            folder.chmod(0o755)

    def start(self, *command):
        with open(self.folder / "printed", "wb") as printed:
            self.process = subprocess.Popen(command, cwd=self.folder, stdout=printed, stderr=printed)
        wait_until(self.listens, f"{command[0]} listens")
        return self

    def listens(self):
        assert self.process.poll() is None, (self.folder / "printed").read_text()
        try:
            socket.create_connection(("127.0.0.1", self.port)).close()
        except OSError:
            return False
        return True

    def seen(self):
        return (self.folder / "seen.log").read_text().splitlines()

    def stop(self):
        if self.process:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait()


class Apache(Server):
    """`more` is what its configuration says beside the common."""

    def run(self, modules, more):
        lines = "\n".join(f"LoadModule {name}_module {MODULES}/mod_{name}.so"
                          for name in f"{APACHE_MODULES} {modules}".split())
        (self.folder / "conf").write_text(APACHE.format(folder=self.folder, port=self.port, modules=lines) + more)
        return self.start("/usr/sbin/apache2", "-X", "-f", str(self.folder / "conf"))

    def mutual(self, tls):
        """An HTTPS server that takes nobody without a certificate of our authority."""
        return self.run("ssl socache_shmcb", MUTUAL.format(server=tls.directory / "server", ca=tls.ca))

    def tunnel(self, user, password, allowed, require="valid-user"):
        """A proxy that lets only who logs in through, to the port `allowed` alone."""
        done = subprocess.run(["openssl", "passwd", "-apr1", password], check=True, capture_output=True, text=True)
        (self.folder / "users").write_text(f"{user}:{done.stdout}")
        return self.run("proxy proxy_connect",
                        TUNNEL.format(folder=self.folder, allowed=allowed, require=require))


class Nginx(Server):
    def mutual(self, tls):
        text = NGINX.format(folder=self.folder, port=self.port, server=tls.directory / "server", ca=tls.ca)
        (self.folder / "conf").write_text(text)
        return self.start("nginx", "-p", str(self.folder), "-c", str(self.folder / "conf"), "-e",
                          str(self.folder / "error.log"))


class Wire:
    """A port that leads to another, and what the client said over each connection."""

    def __init__(self, port):
        self.target = port
        self.said = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self.target))
            said = bytearray()
            self.said.append(said)
            threading.Thread(target=self.copy, args=(client, server, said), daemon=True).start()
            threading.Thread(target=self.copy, args=(server, client, bytearray()), daemon=True).start()

    @staticmethod
    def copy(source, sink, said):
        try:
            while got := source.recv(65536):
                said += got
                sink.sendall(got)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def close(self):
        self.listener.close()
