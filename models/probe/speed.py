"""Tokens per second as people feel them. Knows no models."""

# Rules of thumb of people who run models on their own machines, and what stands behind them: adults read
# 238 words of English a minute (Brysbaert 2019, Journal of Memory and Language 109), about 5 tokens a second.
HARD_BELOW = 8.0
COMFORTABLE_FROM = 15.0


def speed_in_words(tokens_per_second: float) -> str:
    """Name a decode speed: hard to bear below 8 tokens per second, comfortable from 15."""
    if tokens_per_second < HARD_BELOW:
        return "hard to bear"
    if tokens_per_second < COMFORTABLE_FROM:
        return "bearable"
    return "comfortable"
