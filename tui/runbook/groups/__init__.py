"""Groups of hosts: what their members are called, and where each is."""
