"""Runs in worker processes: client, protocol, worker, recording, queue and the time left."""
