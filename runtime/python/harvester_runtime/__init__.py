"""The parts of the shared Python runtime. The package's name keeps every other module name free for
plugins.
"""
