"""Products that are wrong on purpose: a gate that lets them through is no gate."""
