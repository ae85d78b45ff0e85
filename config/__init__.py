"""Settings, URLs and start-up: the only package that reads the environment."""
