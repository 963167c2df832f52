"""The embedding service: a model behind HTTP, and the client that asks several of them."""
