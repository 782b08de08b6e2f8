"""What is paid in cash where the smallest coin is larger than the minor unit."""

from kernel.money import divided


def rounded(total: int, *, step: int) -> int:
    """To the nearest `step`, half away from zero. 0 and 1 leave it as it is."""
    return total if step <= 1 else divided(total, step) * step
