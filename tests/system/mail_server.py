"""A mail server on loopback (aiosmtpd) that keeps what it takes, and refuses what it is told to."""
import asyncio
import email
import email.policy
import json
import re
import threading
import weakref

from aiosmtpd.smtp import SMTP, AuthResult

STRICT = email.policy.SMTP.clone(raise_on_defect=True)


def parse_strictly(content):
    """A mail out of its bytes; fails for whatever Python's parser finds wrong, in any header."""
    assert b"\n" not in content.replace(b"\r\n", b"") and b"\r" not in content.replace(b"\r\n", b"")
    for line in content.split(b"\r\n"):
        assert len(line) <= 78 or (b" " not in line.split(b": ", 1)[-1].lstrip() and len(line) <= 998), line
    mail = email.message_from_bytes(content, policy=STRICT)
    for part in mail.walk():
        assert part.defects == []
        for name, value in part.items():
            assert value.defects == (), (name, value, value.defects)
    return mail


class MailServer:
    """
    Keeps the envelopes it takes; `refuse` maps a command or a recipient to a reply. With `tokens` one
    may also log in by one of these.
    """

    def __init__(self, tls, implicit_tls=False, starttls=True, without_auth=(), tokens=None,
                 utf8=False):
        self.tokens = tokens
        self.connections = 0
        self.senders = []  # what stood behind MAIL
        self.talks = weakref.WeakSet()  # one a connection
        self.last_words = []  # what was said to the refusal of a token
        self.envelopes = []
        self.refuse = {}
        self.logins = []
        context = tls.context()
        server = self

        class Handler:
            async def handle_MAIL(self, _server, _session, envelope, address, options):
                if "MAIL" in server.refuse:
                    return server.refuse["MAIL"]
                envelope.mail_from = address
                envelope.mail_options.extend(options)
                return "250 OK"

            async def handle_RCPT(self, _server, _session, envelope, address, _options):
                if address in server.refuse:
                    return server.refuse[address]
                envelope.rcpt_tos.append(address)
                return "250 fine"

            async def handle_DATA(self, _server, _session, envelope):
                if "DATA" in server.refuse:
                    return server.refuse["DATA"]
                server.envelopes.append(envelope)
                return "250 queued as 1234"

        class TokenHandler(Handler):
            async def auth_XOAUTH2(self, smtp, args):
                return await server.log_in_by_token(smtp, args)

            async def auth_OAUTHBEARER(self, smtp, args):
                return await server.log_in_by_token(smtp, args)

        def authenticate(_server, _session, _envelope, mechanism, login):
            server.logins.append((mechanism, login.login, login.password))
            return AuthResult(success=login.password == b"sesame", handled=False,
                              message=None)

        class Talk(SMTP):
            async def smtp_MAIL(self, arg):
                server.senders.append(arg)
                await super().smtp_MAIL(arg)

        def talk():
            talk = Talk(Handler() if tokens is None else TokenHandler(), authenticator=authenticate,
                        auth_require_tls=False, auth_exclude_mechanism=without_auth, enable_SMTPUTF8=utf8,
                        tls_context=None if implicit_tls or not starttls else context,
                        hostname="mail.example.com", loop=self.loop)
            self.connections += 1
            self.talks.add(talk)
            return talk

        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        listening = self.loop.create_server(talk, "127.0.0.1", 0,
                                            ssl=context if implicit_tls else None)
        self.server = asyncio.run_coroutine_threadsafe(listening, self.loop).result(30)
        self.port = self.server.sockets[0].getsockname()[1]
        self.url = f"{'smtps' if implicit_tls else 'smtp'}://localhost:{self.port}"

    async def log_in_by_token(self, smtp, args):
        """RFC 7628, 3.1 and 3.2, which XOAUTH2 is like."""
        mechanism, = args
        login = await smtp.challenge_auth("")
        self.logins.append((mechanism, login))
        token = re.search(b"\1auth=Bearer ([^\1]+)\1\1$", login).group(1).decode()
        if token in self.tokens:
            return AuthResult(success=True)
        self.last_words.append(await smtp.challenge_auth(json.dumps({"status": "401", "schemes": "bearer"})))
        return AuthResult(success=False, handled=False)

    def stop(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()

    def close_all(self, last_words=b""):
        """Ends every connection, as a server does that has waited for long enough."""
        async def close():
            for talk in list(self.talks):
                if talk.transport:
                    talk.transport.write(last_words)
                    talk.transport.close()
        asyncio.run_coroutine_threadsafe(close(), self.loop).result(30)

    def mail(self):
        """The one mail that came, parsed."""
        envelope, = self.envelopes
        return email.message_from_bytes(envelope.content, policy=email.policy.default)
