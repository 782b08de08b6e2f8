"""What bin/run says: one table, then one line."""

from typing import Any


def table(*, url: str, rows: list[tuple[str, str]], logins: list[dict[str, Any]]) -> str:
    pages = [("Till", f"{url}/pos/"), ("Back office", f"{url}/admin/"), ("GraphQL", f"{url}/graphql/"), ("REST docs", f"{url}/api/docs/"), *rows]
    lines = [_row(name, value) for name, value in pages]
    if logins:
        lines += ["", *_people(logins)]
    return "\n".join(["", *lines, ""])


def _row(name: str, value: str) -> str:
    return f"  {name:<16}{value}"


def _people(logins: list[dict[str, Any]]) -> list[str]:
    columns = ("name", "username", "password", "pin")
    titles = {"name": "Who", "username": "Login", "password": "Password", "pin": "PIN at the till"}
    rows = [titles, *({column: str(login.get(column) or "–") for column in columns} for login in logins)]
    widths = {column: max(len(row[column]) for row in rows) for column in columns}
    return ["  " + "  ".join(row[column].ljust(widths[column]) for column in columns).rstrip() for row in rows]
