"""Ingest: from a file's bytes to documents that can be found: read, cut into chunks, embedded, kept."""
