"""Measurements: what a change costs. They print figures and judge nothing."""
