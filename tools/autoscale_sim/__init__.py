"""How the service scales: the autoscaler, pods, callers, and what comes of settings. See docs/autoscaling.md."""
