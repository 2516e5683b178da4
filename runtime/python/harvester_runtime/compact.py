"""Keeping what children write close together.

After the warm-up the heap has free blocks all over the image. A forked child whose new objects went
there would come to own a page for each; with these blocks filled, new objects lie side by side at
the heap's end.
"""
SIZES = (*(2 ** n for n in range(20, 8, -1)), *range(496, 16, -16))
SLACK = 32  # more than the allocator adds to a block
ROW = 4
BLOCKS_MAX = 200_000
SPARE = 128  # the interpreter keeps at most 100 freed objects of most types


def fill_holes() -> list[bytes | None]:
    """Blocks in every hole, to be kept for good."""
    kept: list[bytes | None] = [None] * BLOCKS_MAX  # a list that grows would leave holes itself
    used = 0
    for size in SIZES:
        used = _fill(kept, used, size)
    return kept


def _fill(kept: list[bytes | None], used: int, size: int) -> int:
    """Fill the holes of one size, and return how much of the list is in use.

    Larger holes are filled already, so several blocks in a row can only be at the heap's end. These
    are given back.
    """
    row, step, last = 0, 0, 0
    while row < ROW:
        if used == BLOCKS_MAX:
            raise MemoryError("the end of the heap was not found")
        kept[used] = bytes(size - SLACK // 2)
        distance, last = id(kept[used]) - last, id(kept[used])
        row = row + 1 if distance == step and abs(distance - size) <= SLACK else 0
        step = distance
        used += 1
    first = used - row - 1
    kept[first:used] = [None] * (used - first)
    return first


def empty_free_lists() -> list[object]:
    """Objects in every place that the interpreter keeps for the next object of a type, to be kept for good: these places
    are all over the image, too.
    """
    kept: list[object] = [None] * (32 * SPARE)
    for place in range(SPARE):
        number = place + 1000  # smaller ones exist already
        kept[32 * place:32 * place + 26] = [
            *(tuple(range(number, number + size)) for size in range(1, 21)), [number], {number: number}, float(number),
            range(number), slice(number), kept.append]
    return kept
