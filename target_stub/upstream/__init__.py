"""The client of a language model server: a pool, retries within a budget, deadlines, streams. Any OpenAI-like one."""
