"""The verbs of accounts: one state change each, with its event and its mail."""
