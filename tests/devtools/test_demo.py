"""What `make run` prints at its end."""

import json

from devtools import demo

FACTS = {
    "api_base": "http://127.0.0.1:8000",
    "tenants": [
        {
            "name": "Acme [Robotics]",
            "dashboard_url": None,
            "users": [{"email": "o@acme.test", "password": "pass-[word]", "role": "owner"}],
            "environments": [
                {"kind": "sandbox", "id": "env_1", "secret_key": "sk_1", "publishable_key": "pk_1"}
            ],
        }
    ],
    "operator": {"url": "http://127.0.0.1:8000/admin/", "email": "op@x.test", "password": "[b]x"},
    "database_url": "postgresql:///x",
    "redis_url": "redis:///0",
}


def test_addresses_sign_ins_keys_and_a_command_are_shown_as_they_are(tmp_path, capsys):
    path = tmp_path / "demo.json"
    path.write_text(json.dumps(FACTS))

    demo.show(path)

    shown = "".join(capsys.readouterr().out.split())
    for fact in ("Acme[Robotics]", "pass-[word]", "[b]x", "sk_1", "pk_1", "curlhttp://127.0.0.1:8"):
        assert fact in shown
