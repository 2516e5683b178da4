"""Asks for the most memory that a plugin gets, and keeps all of it.

named: memory|MemoryError
grant: memory_mb = 512
grant: poll_interval_seconds = 0.05
"""
kept = []


def poll():
    kept.append(b"x" * (64 << 20))
    return {"mb": 64 * len(kept)}
