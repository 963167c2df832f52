"""The bundled model server: speaks OpenAI's chat completions, takes its time, and fails on request.

It stands for a language model behind HTTP. What it answers it takes word for word from the passages in the prompt.
"""
