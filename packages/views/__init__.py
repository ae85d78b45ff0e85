"""What the packages application answers, by noun."""
