"""Keeping what children write close together.

After the warm-up the heap has free blocks all over the image. A forked child whose new objects went
there would come to own a page for each; with these blocks filled, new objects lie side by side at
the heap's end.
"""
SIZES = (*(2 ** n for n in range(20, 8, -1)), *range(496, 16, -16))
SLACK = 32  # more than the allocator adds to a block
BLOCKS_MAX = 200_000


def fill_holes() -> list[bytes | None]:
    """Blocks in every hole, to be kept for good."""
    kept: list[bytes | None] = [None] * BLOCKS_MAX  # a list that grows would leave holes itself
    used = 0
    for size in SIZES:
        used = _fill(kept, used, size)
    return kept


def _fill(kept: list[bytes | None], used: int, size: int) -> int:
    """Fill holes of this size, and return how much of the list is in use.

    Larger ones are filled already, so several blocks in a row can only be at the heap's end, and go
    back to it.
    """
    run, step, last = 0, 0, 0
    enough = 4
    while run < enough and used < BLOCKS_MAX:
        kept[used] = block = bytes(size - SLACK // 2)
        used += 1
        distance = id(block) - last
        run = run + 1 if distance == step and size <= distance + SLACK <= size + 2 * SLACK else 0
        step, last = distance, id(block)
    del block
    for i in range(used - run - 1, used):
        kept[i] = None
    return used - run - 1
