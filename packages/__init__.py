"""What is guarded: projects and roles, taking files in, serving the index."""
