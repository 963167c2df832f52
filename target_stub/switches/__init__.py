"""The switches of the service in groups, a file each; `target_stub.config` puts them together."""
