"""Customers in the back office: who they are, what they are known by, and what the shop owes them."""

from customers.admin import accounts, customers, groups, suggestions

__all__ = ["accounts", "customers", "groups", "suggestions"]
