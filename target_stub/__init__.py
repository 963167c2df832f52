"""The bundled reference search service: a thing worth measuring, reached only over HTTP."""
