"""Changes what it keeps as often as it may, by as much as it may."""
from componentize_py_types import Err
from wit_world.imports import state

SIZE = 16384  # bytes of a value, at most
count = 0


def poll():
    """One change; a further one is refused until the plugin may change something again."""
    global count
    count += 1
    try:
        state.set("flood", f"{count:016}".encode() * (SIZE // 16))
    except Err as problem:
        if "too often" not in str(problem.value):
            raise
        return {"refused": count}
    return {"written": count}
