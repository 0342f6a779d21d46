"""Ids, logs and jobs."""

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from celery import shared_task

from apps.core import clock, context, ids, jobs, logs
from apps.core.models import Job

RAN: list[tuple[str | None, int]] = []


@shared_task(name="tests.note")
def note(*, number: int, **_: object) -> None:
    here = context.maybe_current()
    RAN.append((here.environment.id if here else None, number))
    if number < 0:
        raise ValueError("a number below zero")


def test_ids_sort_as_they_were_made():
    made = [ids.new_id("pi") for _ in range(2_000)]

    assert made == sorted(made)
    assert all(len(one) == len("pi_") + 24 and one[3:].isalnum() for one in made)


def test_ids_of_many_threads_and_of_a_fork_are_unique():
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda _: ids.new_id("x"), range(5_000)))
    assert len(set(made)) == len(made)

    read, write = os.pipe()
    if (child := os.fork()) == 0:
        os.write(write, "".join(ids.new_id("x") for _ in range(20)).encode())
        os._exit(0)
    mine = [ids.new_id("x") for _ in range(20)]
    os.waitpid(child, 0)
    theirs = os.read(read, 10_000).decode()
    assert not any(one in theirs for one in mine)


@pytest.mark.parametrize(
    "text",
    [
        "key sk_live_abcdefghijklmnop1234 was used",
        "whsec_0123456789abcdef",
        "pi_3Nabc_secret_Zz9Zz9Zz9Zz9",
        "paid with 4242424242424242",
        "paid with 4242 4242 4242 4242.",
        "378282246310005",
    ],
)
def test_secrets_and_card_numbers_do_not_reach_a_log(text):
    shown = logs.redact(text)

    assert "[removed]" in shown
    assert not any(secret in shown for secret in ("abcdef", "4242", "310005", "Zz9Zz9"))


@pytest.mark.parametrize("text", ["pi_0Abc1234567890123456789012", "1763928000", "amount 1000000"])
def test_ids_times_and_amounts_do(text):
    assert logs.redact(text) == text


@pytest.mark.django_db
def test_a_job_runs_when_it_is_due_in_its_environment_and_is_gone(environment):
    RAN.clear()
    now = clock.now()
    for number, delay in ((1, 0), (2, 60)):
        due_at = now + timedelta(seconds=delay)
        jobs.schedule(jobs.Due(f"note:{number}", "tests.note", due_at, {"number": number}))

    assert jobs.run_due(now=now) == 1
    assert [(environment.id, 1)] == RAN
    assert list(Job.objects.values_list("key", flat=True)) == ["note:2"]


@pytest.mark.django_db
def test_a_job_that_fails_stays_and_says_why(environment):
    RAN.clear()
    now = clock.now()
    jobs.schedule(jobs.Due("note:-1", "tests.note", now, {"number": -1}))
    jobs.schedule(jobs.Due("note:1", "tests.note", now + timedelta(microseconds=1), {"number": 1}))

    assert jobs.run_due(now=now + timedelta(seconds=1)) == 2
    job = Job.objects.get()
    assert (job.key, job.attempts) == ("note:-1", 1)
    assert job.last_error == "ValueError: a number below zero"
    assert job.due_at > now + timedelta(seconds=60)
    assert [number for _, number in RAN] == [-1, 1]


@pytest.mark.django_db
def test_a_job_that_cannot_even_be_called_stops_no_other_one(environment):
    RAN.clear()
    now = clock.now()
    for key, task, owner in (
        ("a", "of.a.newer.release", environment.id),
        ("b", "tests.note", "env_gone"),
    ):
        Job.objects.create(key=key, task=task, environment_id=owner, due_at=now)
    jobs.schedule(jobs.Due("note:1", "tests.note", now, {"number": 1}))

    assert jobs.run_due(now=now) == 3

    assert [(environment.id, 1)] == RAN
    assert [job.last_error.split(":")[0] for job in Job.objects.order_by("key")] == [
        "NotRegistered",
        "DoesNotExist",
    ]
