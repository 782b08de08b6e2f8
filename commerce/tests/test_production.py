"""Production starts clean, and not at all with a secret everybody knows."""

import base64
import os
import subprocess
import sys

import pytest
from django.conf import settings

OWN_KEY = base64.b64encode(bytes(range(32))).decode()
PRODUCTION = {"ONECOUNTER_MODE": "production", "ONECOUNTER_ROLE": "command", "ALLOWED_HOSTS": "shop.example", "PERSONAL_KEY": OWN_KEY}
LONG = "k3Zq-9vXw_Tn7RbY2mLc5HdJ8fGs1PaE4uKo6WiDxQzVtBhNyMrCe0"


def manage(*arguments, **environment):
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "DATABASE_URL", "ONECOUNTER_VAR")}
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(
        command, cwd=settings.BASE_DIR, env=kept | PRODUCTION | environment, capture_output=True, text=True, timeout=60, check=False
    )


def test_the_deployment_check_finds_nothing():
    result = manage("check", "--deploy", "--fail-level", "WARNING", SECRET_KEY=LONG)
    assert result.returncode == 0, result.stderr
    assert "no issues" in result.stdout + result.stderr


@pytest.mark.parametrize("secret", ["", "short", settings.DEFAULT_SECRET_KEY, "x" * 49])
def test_a_secret_everybody_knows_is_refused_in_one_line(secret):
    result = manage("check", SECRET_KEY=secret)
    assert result.returncode != 0
    assert "SECRET_KEY" in result.stderr.strip().splitlines()[-1]


@pytest.mark.parametrize("key", ["", settings.DEFAULT_PERSONAL_KEY, "short", base64.b64encode(bytes(31)).decode()])
def test_a_key_for_personal_data_that_everybody_knows_or_that_is_none_is_refused_in_one_line(key):
    result = manage("check", SECRET_KEY=LONG, PERSONAL_KEY=key)
    assert result.returncode != 0
    assert "PERSONAL_KEY" in result.stderr.strip().splitlines()[-1]


@pytest.mark.parametrize("mode", ["prod", "Production"])
def test_a_misspelt_mode_does_not_start_without_its_guards(mode):
    result = manage("check", SECRET_KEY=LONG, ONECOUNTER_MODE=mode)
    assert result.returncode != 0
    assert "ONECOUNTER_MODE" in result.stderr.strip().splitlines()[-1]


def test_the_demo_is_never_open_in_production():
    result = manage(
        "shell", "--no-imports", "-c", "from django.conf import settings; print('demo', settings.DEMO)", SECRET_KEY=LONG, ONECOUNTER_DEMO="1"
    )
    assert result.stdout.strip() == "demo False", result.stderr
