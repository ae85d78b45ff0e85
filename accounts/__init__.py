"""Who you are: users, addresses, passwords, sessions, limits, trail and mail."""
