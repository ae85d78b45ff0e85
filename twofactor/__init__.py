"""Proving it: the second step of sign-in, and the factors that pass it."""
