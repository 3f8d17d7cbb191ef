"""How the service scales: the Kubernetes autoscaler, pods, callers, and what comes of settings. See docs/autoscaling.md."""
