"""Where one lands who opens the address that `make run` prints."""

from django.test import Client


def test_the_root_leads_to_the_admin():
    answer = Client().get("/")

    assert (answer.status_code, answer["Location"]) == (302, "/admin/")
