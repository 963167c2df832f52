"""Starting and stopping what a run needs beside itself: the target, Prometheus, Locust, each as a child process."""
