"""What came on the channels of connections, until it is taken."""
