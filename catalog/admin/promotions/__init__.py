"""Promotions and their coupons in the back office."""

from catalog.admin.promotions import coupons, promotions

__all__ = ["coupons", "promotions"]
