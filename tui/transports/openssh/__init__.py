"""A host over OpenSSH's own client: it connects and logs in, and its control socket carries commands and tunnels."""
