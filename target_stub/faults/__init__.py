"""Faults on request: the service made slower, wrong or flaky, so that those who judge it can be judged themselves."""
