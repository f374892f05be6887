"""Runs: start, log to and end them."""
