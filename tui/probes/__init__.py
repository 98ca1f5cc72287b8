"""Typed checks of services."""
