"""Quantiles of the normal distribution."""

Z = 1.959963984540054  # .975: half the width of a 95% interval in standard deviations
Z_99 = 2.5758293035489004  # .995: of a 99% interval
