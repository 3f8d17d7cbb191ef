"""Compares the model with the controller's own functions, live: `python -m tools.autoscale_sim.parity`."""
