"""Phases over datasets: fit, choose the epoch, save and go on to the same result."""
