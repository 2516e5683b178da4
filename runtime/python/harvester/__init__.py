"""What the host has for plugins beside wit_world."""
