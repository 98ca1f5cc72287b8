"""What is a command in a document, where it would run, and how it runs unattended."""
