"""A Markdown document as passages and parts, and what its prose asks for."""
