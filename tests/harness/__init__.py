"""What the suite stands on: settings, servers, browsers, clients, a closed network."""
