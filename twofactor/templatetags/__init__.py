"""Panels that other apps' pages may place."""
