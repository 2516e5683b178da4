"""What the host offers to plugins. Stubs for editors: the modules themselves are in the sandbox."""
