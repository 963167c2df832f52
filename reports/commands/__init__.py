"""Commands that measure and then say what it means: each file has its options and the one function it calls."""
