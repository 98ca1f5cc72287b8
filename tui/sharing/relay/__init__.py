"""The Redis server in between, which is a cache and is not trusted."""
