"""manage.py demo [--json] [--reset]"""

import json
from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from demo import shop
from kernel.errors import Refused


class Command(BaseCommand):
    help = "Loads the demo shop; what is there already stays. DEMO_PASSWORD sets the staff's password."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="end with one line of JSON: logins and tills")
        parser.add_argument("--reset", action="store_true", help="empty the whole database first")

    def handle(self, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("This is production: the demo shop has passwords that everybody knows and is not loaded here.")
        try:
            if options["reset"]:
                shop.empty()
            logins = shop.load(now=datetime.now(UTC), password=settings.DEMO_PASSWORD)
        except Refused as refused:
            raise CommandError(refused.message) from None
        if options["json"]:
            self.stdout.write(json.dumps(shop.as_json(logins)))
            return
        for login in logins:
            password = login.password or "as it was (DEMO_PASSWORD sets it)"
            self.stdout.write(f"{login.name:<14} {login.username:<8} password {password}" + (f", PIN {login.pin}" if login.pin else ""))
        for till in shop.tills():
            self.stdout.write(f"till {till['id']}  {till['store']['name']} {till['name']}")  # type: ignore[index]
