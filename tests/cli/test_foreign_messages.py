"""Messages about archives, servers and weights of others are escaped."""

import io
import re
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, HTTPServer

import numpy as np
import pytest
import torch

from Arch.datasets.download.download import Remote, Source, fetched
from Arch.datasets.download.unpack import unpack
from Arch.datasets.sources.arrays import Arrays
from Arch.errors import ArchError
from Arch.models import MODELS
from Arch.models.build import construct
from Arch.models.weights.files import read_weights
from Arch.models.weights.loading import load_exactly
from tests.cli.control_characters import EVIL, acting


def from_an_archive(folder):
    with zipfile.ZipFile(folder / "a.zip", "w") as file:
        file.writestr("../a" + EVIL, b"x")
    unpack(folder / "a.zip", folder)


class Server(BaseHTTPRequestHandler):
    def do_GET(self):
        self.wfile.write(f"HTTP/1.1 404 No{EVIL[:-1]}\x9b\r\n\r\n".encode("latin-1"))
        self.close_connection = True

    def log_message(self, *arguments):
        """Logs nothing."""


def from_a_server(folder):
    server = HTTPServer(("127.0.0.1", 0), Server)
    thread = threading.Thread(target=server.handle_request)
    thread.start()
    try:
        fetched(folder, Source("plain", (Remote(f"http://127.0.0.1:{server.server_port}/a", "a.bin"),)))
    finally:
        thread.join()
        server.server_close()


def from_an_archive_of_arrays(folder):
    with zipfile.ZipFile(folder / "a.npz", "w") as file:
        content = io.BytesIO()
        np.save(content, np.zeros(3))
        file.writestr("x" + EVIL + ".npy", content.getvalue())
    Arrays("a", "auto").at(str(folder / "a.npz")).read(folder, "train")


def from_weights(folder):
    architecture = MODELS["resnet8"]()
    model = construct(architecture, (3, 8, 8), 2, name="resnet8", seed=0)
    torch.save({**model.state_dict(), "a" + EVIL: torch.zeros(2)}, folder / "a.pth")
    load_exactly(model, architecture, read_weights(folder / "a.pth"), str(folder / "a.pth"))


PRODUCERS = {
    "member of an archive": from_an_archive,
    "reason of a server": from_a_server,
    "array of an archive": from_an_archive_of_arrays,
    "key of weights": from_weights,
}


@pytest.mark.parametrize("produce", PRODUCERS.values(), ids=PRODUCERS)
def test_a_message_about_files_and_servers_of_others_is_escaped(produce, tmp_path, monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with pytest.raises(ArchError, match=re.escape(r"\x1b")) as raised:
        produce(tmp_path)
    assert acting(str(raised.value)) == []
