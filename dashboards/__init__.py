"""How we watch: Grafana dashboards as code, generated from the metric names and the objectives."""
