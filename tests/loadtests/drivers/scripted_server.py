"""A server in a thread whose every reply is written out beforehand."""

from __future__ import annotations

import socket
import threading

OK_REPLY = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


class ScriptedServer:
    """Accepts connections and answers each request of the n-th with its n-th script: a list of byte strings.

    An empty string waits for a request, `None` closes the connection there, `"reset"` breaks it, and an event is
    waited for. A server that has run out of scripts stays silent.
    """

    def __init__(self, *scripts):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._scripts = list(scripts)
        self._open = []
        self.requests: list[bytes] = []
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        for script in self._scripts:
            try:
                stream, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(stream)
            try:
                self._play(stream, script)
            except OSError:
                stream.close()

    def _play(self, stream, script):
        for piece in script:
            if piece is None:
                stream.close()
                return
            if piece == "reset":
                stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
                stream.close()
                return
            if isinstance(piece, threading.Event):
                piece.wait(10)
            elif piece == b"":
                self.requests.append(stream.recv(65536))
            else:
                stream.sendall(piece)

    def close(self):
        self._listener.close()
        for stream in self._open:
            stream.close()
