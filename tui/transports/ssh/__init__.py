"""A host over SSH, by paramiko: the way there, the login, commands and streams."""
