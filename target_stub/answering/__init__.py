"""Answering: from a question and the passages found for it to an answer with its sources. Nothing of HTTP."""
