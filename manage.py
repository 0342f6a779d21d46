#!/usr/bin/env python
"""Django's command line, with FinCloud's settings."""

import os
import sys


def main() -> None:
    """Run the command that `sys.argv` names."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fincloud.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
