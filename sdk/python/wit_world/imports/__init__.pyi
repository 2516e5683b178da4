"""The host's functions, by interface. One that is not granted raises; one that cannot fail does
nothing."""
