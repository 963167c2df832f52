"""Self-test: the bundled service, whole and broken on purpose, measured as any service is."""
