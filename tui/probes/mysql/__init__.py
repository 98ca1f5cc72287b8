"""The mysql probe, for MySQL and MariaDB."""
