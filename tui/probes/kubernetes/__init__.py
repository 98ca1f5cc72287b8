"""The kubernetes probe, by `kubectl` on a host."""
