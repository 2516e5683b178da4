"""The `[plugins.NAME.settings]` table of the host's configuration."""

def get_all() -> str:
    """A JSON object; `{}` where the table is missing."""
