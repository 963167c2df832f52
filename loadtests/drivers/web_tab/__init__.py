"""The Tenfold tab of Locust's page: what is shown while a plan runs, and the report when it has ended."""
