"""Student's t: quantiles, p-values and power. The one place that knows scipy, whose `special` loads fast."""

from scipy.special import nctdtr, stdtr, stdtrit


def quantile(df: float, probability: float) -> float:
    """The value below which t with `df` degrees of freedom lies with this probability."""
    return float(stdtrit(df, probability))


def p_value(t: float, df: float) -> float:
    """Two-sided: how often |t| would be at least as large by chance."""
    return float(2 * stdtr(df, -abs(t)))


def power(effect: float, n: int, alpha: float) -> float:
    """How often a two-sided t test of `n` independent numbers finds their mean to differ from 0.

    `effect`: the true mean in standard deviations. t is then noncentral, with n - 1 degrees of freedom and
    the noncentrality effect x sqrt(n). The other tail's share is below alpha / 2 and left out.
    """
    return float(1 - nctdtr(n - 1, abs(effect) * n**0.5, quantile(n - 1, 1 - alpha / 2)))
