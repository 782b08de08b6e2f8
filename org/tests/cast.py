"""The fixed cast: Northside and Riverside, Carla the cashier, Mia the manager, Stan from another store, Olga the owner."""

from dataclasses import dataclass
from datetime import UTC, datetime

from org import services
from org.models import Channel, Company, Store, User

NOW = datetime(2026, 3, 14, 10, 30, tzinfo=UTC)


@dataclass(frozen=True)
class Cast:
    company: Company
    stores: Channel
    web: Channel
    northside: Store
    riverside: Store
    carla: User
    mia: User
    stan: User
    olga: User


def hire(username: str, role: str, **where: Store | Channel | None) -> User:
    user = services.create_user(username=username, name=username.title())
    services.grant_role(user=user, role=role, **where)
    return user


def open_shop() -> Cast:
    company = services.create_company(code="harrow", name="Harrow Lane Foods", currency="EUR")
    stores = services.create_channel(company=company, code="stores", name="Stores", kind="store")
    web = services.create_channel(company=company, code="web", name="Web shop", kind="web")
    northside, riverside = (
        services.create_store(company=company, channel=stores, code=name.lower(), name=name, timezone="Europe/Berlin")
        for name in ("Northside", "Riverside")
    )
    return Cast(
        company=company,
        stores=stores,
        web=web,
        northside=northside,
        riverside=riverside,
        carla=hire("carla", "cashier", store=northside),
        mia=hire("mia", "store_manager", store=northside),
        stan=hire("stan", "store_manager", store=riverside),
        olga=hire("olga", "owner"),
    )
