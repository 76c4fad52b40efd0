"""How many there are of something, in words. Knows nothing of what is counted."""


def counted(number: int, noun: str) -> str:
    """`1 review`, `2,000 reviews`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
