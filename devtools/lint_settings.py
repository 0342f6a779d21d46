"""The product's settings with invented secrets, for tools that read settings and start nothing."""

import os

for name, value in {
    "SECRET_KEY": "only-for-static-checks",
    "API_KEY_PEPPER": "only-for-static-checks",
    "DATABASE_URL": "postgres://nobody@127.0.0.1/none",
    "REDIS_URL": "redis://127.0.0.1:1/0",
}.items():
    os.environ.setdefault(name, value)

from fincloud.settings import *  # noqa: E402, F403  # the names are the settings
