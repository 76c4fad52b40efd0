"""Batch comparison: questions x models -> answers -> figures -> report. Knows no page."""
