"""Following a session that another machine writes: what is received, proved, and shown."""
