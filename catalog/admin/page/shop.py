"""What the whole shop has in common."""

from org.models import Company


def shop_currency() -> str:
    company = Company.objects.order_by("id").first()
    return company.currency if company else "EUR"
