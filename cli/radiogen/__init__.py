"""The Typer skin over radiogenomics: it parses, calls and prints."""
