"""The only room that knows Locust and gevent: plan, users, dispatcher, listeners."""
