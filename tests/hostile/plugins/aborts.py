r"""Aborts the interpreter.

ends: killed
says: trap: wasm trap: wasm `unreachable` instruction executed
wall: the engine's traps
"""
import os


def poll():
    os.abort()
