"""The s3 probe."""
