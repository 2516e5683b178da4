r"""Lets values of many sensors cross an alert's limit at every poll: some 15,000 alerts begin and end in a minute, and a channel
that refuses them all is told of each.

named: fires
grant: poll_interval_seconds = 0.5
"""
from placing import put_single

SOURCE = '''
count = 0


def poll():
    global count
    count += 1
    return [{"sensor_id": f"NAME-{i}", "value": 100 * (count % 2)} for i in range(128)]
'''


def place(folder, name, chance):
    """With sensors that have the plugin's name, as the alert's pattern has it."""
    put_single(folder, f"{name}.py", SOURCE.replace("NAME", name), "poll_interval_seconds = 0.5\n")
