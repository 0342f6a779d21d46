"""The client bounds what a receiver can cost."""

import socket
import threading
import time

import pytest

from apps.webhooks.client import BODY_BYTES_MAX, Client, Message
from tests.webhooks.conftest import TIMEOUT_S
from tests.webhooks.receiver import Reply

PATIENCE_S = 60


def message_to(url):
    return Message(url=url, headers={"Content-Type": "application/json"}, body=b"{}")


def send_one(client, url):
    (answer,) = client.send([message_to(url)])
    return answer


def test_an_answer_is_kept_to_its_first_four_kib(client, receiver):
    receiver.replies = [Reply(201, b"x" * 1_000_000)]
    answer = send_one(client, receiver.url)

    assert (answer.status_code, answer.error) == (201, "")
    assert answer.body == b"x" * BODY_BYTES_MAX


def test_a_compressed_answer_is_not_unpacked(client, receiver):
    receiver.replies = [Reply(200, b"\x1f\x8bbomb", {"Content-Encoding": "gzip"})]
    assert send_one(client, receiver.url).body == b"\x1f\x8bbomb"


def test_a_redirect_is_an_answer_and_is_not_followed(client, receiver):
    receiver.replies = [Reply(307, headers={"Location": f"{receiver.url}/elsewhere"})]

    assert send_one(client, receiver.url).status_code == 307
    assert [received.path for received in receiver.received] == ["/hooks"]


def test_a_slow_receiver_costs_its_timeout_and_does_not_slow_another(client, receiver):
    is_over = threading.Event()
    receiver.replies = [Reply(before=is_over.wait), Reply()]
    started = time.monotonic()
    answers = client.send([message_to(receiver.url) for _ in range(5)])
    is_over.set()

    assert sorted(answer.error for answer in answers) == ["", "", "", "", "timeout"]
    assert time.monotonic() - started < TIMEOUT_S * 3
    assert max(answer.duration_ms for answer in answers) >= TIMEOUT_S * 1000 * 0.9
    assert min(answer.duration_ms for answer in answers) < TIMEOUT_S * 1000


def test_a_receiver_that_is_not_there(client):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        answer = send_one(client, f"http://127.0.0.1:{unused.getsockname()[1]}/")

    assert (answer.status_code, answer.error) == (None, "connection")


@pytest.mark.parametrize(
    ("said", "error"),
    [(b"", "connection"), (b"SMTP ready\r\n\r\n", "protocol")],
    ids=["hangs up", "speaks something else"],
)
def test_a_receiver_that_does_not_speak_http(client, said, error):
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer_once():
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(said)

        thread = threading.Thread(target=answer_once)
        thread.start()
        answer = send_one(client, f"http://127.0.0.1:{server.getsockname()[1]}/")
        thread.join()

    assert (answer.status_code, answer.error) == (None, error)


def test_tls_with_a_receiver_that_has_none(client, receiver):
    assert send_one(client, receiver.url.replace("http:", "https:")).error in ("tls", "connection")


def test_many_at_once_arrive_each_once_and_in_the_order_of_their_answers(receiver):
    urls = [f"{receiver.url}/{number}" for number in range(60)]
    # The receiver of the test has a thread for each: what it takes depends on the machine.
    with Client(timeout_s=PATIENCE_S) as client:
        answers = client.send([message_to(url) for url in urls])

    assert {answer.status_code for answer in answers} == {200}
    assert sorted(received.path for received in receiver.received) == sorted(
        f"/hooks/{number}" for number in range(60)
    )
