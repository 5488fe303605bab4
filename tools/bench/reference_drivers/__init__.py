"""Drivers as one writes them without a shared cache: what ours is measured against."""
