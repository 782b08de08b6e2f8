"""Who may do what. Default deny: a permission nobody granted is refused."""
