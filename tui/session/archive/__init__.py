"""The sessions on disk: opened, packed, compared, searched, proved."""
