"""Published weights arrive whole, are known again by their checksum, or are not kept."""

import hashlib
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import torch

from sigconv.errors import ArgumentError, FormatError
from sigconv.nets import InputSpec, build, parse
from sigconv.nets.pretrained import WEIGHTS, Pretrained, fetch_weights
from sigconv.nets.weights import load_weights


class Handler(BaseHTTPRequestHandler):
    """/cut/… breaks off in the middle, /none/… is not found, anything else is the server's file."""

    def do_GET(self):
        self.server.asked.append(self.path)
        if self.path.startswith("/none/"):
            self.send_error(404)
            return
        content = self.server.content
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[: len(content) // 2] if self.path.startswith("/cut/") else content)

    def log_message(self, *_):
        pass


@pytest.fixture
def server(tmp_path):
    torch.save({"features.0.weight": torch.ones(2, 1, 3), "features.0.bias": torch.ones(2)}, tmp_path / "made.pth")
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        running.content, running.asked = (tmp_path / "made.pth").read_bytes(), []
        running.sum = hashlib.sha256(running.content).hexdigest()
        running.address = f"http://127.0.0.1:{running.server_port}"
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


# known


@pytest.mark.parametrize("name", WEIGHTS)
def test_each_address_ends_in_the_checksum_that_is_expected(name):
    known = WEIGHTS[name]
    assert re.fullmatch(r"https://download\.pytorch\.org/models/[a-z0-9_-]+-([0-9a-f]{8})\.pth", known.url)
    assert known.file == f"{known.file.rsplit('-', 1)[0]}-{known.sha256}.pth"
    assert "BSD-3-Clause" in known.notes


# law


def test_weights_come_once_and_load(server, tmp_path):
    wanted = Pretrained(f"{server.address}/net-{server.sum[:8]}.pth", server.sum[:8], "made here")
    path = fetch_weights(wanted, tmp_path / "kept")
    assert path == tmp_path / "kept" / wanted.file
    assert path.read_bytes() == server.content
    assert fetch_weights(wanted, tmp_path / "kept") == path
    assert len(server.asked) == 1
    network = load_weights(build(parse("C2"), InputSpec(1, (8,))), path, wanted.sha256)
    assert torch.equal(network.layer("C1").weight, torch.ones(2, 1, 3))


def test_a_damaged_file_in_the_folder_is_fetched_anew(server, tmp_path):
    wanted = Pretrained(f"{server.address}/net.pth", server.sum, "made here")
    fetch_weights(wanted, tmp_path).write_bytes(b"damaged")
    assert fetch_weights(wanted, tmp_path).read_bytes() == server.content
    assert len(server.asked) == 2


# errors


def test_another_checksum_is_refused_and_nothing_kept(server, tmp_path):
    wanted = Pretrained(f"{server.address}/net.pth", "00000000", "made here")
    with pytest.raises(FormatError, match=rf"net\.pth: .*SHA-256 is {server.sum[:12]}…, expected 00000000"):
        fetch_weights(wanted, tmp_path / "kept")
    assert list((tmp_path / "kept").iterdir()) == []


@pytest.mark.parametrize(
    ("place", "said"), [("none", "the server answered 404 Not Found"), ("cut", "connection failed")]
)
def test_a_download_that_fails_says_why_and_keeps_nothing(server, tmp_path, place, said):
    wanted = Pretrained(f"{server.address}/{place}/net.pth", server.sum, "made here")
    with pytest.raises(ConnectionError, match=said):
        fetch_weights(wanted, tmp_path / "kept")
    assert list((tmp_path / "kept").iterdir()) == []


def test_a_server_that_is_not_there_is_named(server, tmp_path):
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as closed:
        address = f"http://127.0.0.1:{closed.server_port}/net.pth"
    with pytest.raises(ConnectionError, match=re.escape(address)):
        fetch_weights(Pretrained(address, server.sum, "made here"), tmp_path)


def test_an_unknown_name_is_refused_with_the_nearest(tmp_path):
    with pytest.raises(ArgumentError, match="did you mean 'vgg16'"):
        fetch_weights("vgg_16", tmp_path)
