"""Benchmarks: each measures beside a reference on the same machine, and prints JSON last."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fincloud.settings")
django.setup()
