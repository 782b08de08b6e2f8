"""Payments by Stripe, through its own library. Only tokens come here: card numbers stay between the browser and Stripe."""
