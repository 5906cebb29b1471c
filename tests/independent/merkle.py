"""The tree of docs/spec/log.md section 4 over the tiles of section 5, as far as its hashes are known.

Hashes of a level stand in tiles of 256, `levels[level][number]`, None where one is not known. Knows no files.
"""
import hashlib

WIDTH = 256
EMPTY_ROOT = hashlib.sha256().digest()


def leaf_hash(entry):
    return hashlib.sha256(b"\x00" + entry).digest()


def join(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


def tree_hash(hashes):
    """MTH of section 4 over leaf hashes."""
    if len(hashes) < 2:
        return hashes[0] if hashes else EMPTY_ROOT
    split = 1 << (len(hashes) - 1).bit_length() - 1
    return join(tree_hash(hashes[:split]), tree_hash(hashes[split:]))


def full_tile_hash(hashes):
    """The root over 256 hashes, or None if they are not all known."""
    if len(hashes) != WIDTH or None in hashes:
        return None
    while len(hashes) > 1:
        hashes = [join(hashes[at], hashes[at + 1]) for at in range(0, len(hashes), 2)]
    return hashes[0]


class Tree:
    """Levels of hashes, filled from the leaves up."""

    def __init__(self):
        self.levels = [{} for _ in range(8)]

    def raise_level(self, level):
        """Fills the next level from the full tiles of this one."""
        for number, hashes in self.levels[level].items():
            whole = full_tile_hash(hashes)
            if whole is not None:
                self.put(level + 1, number, whole)

    def put(self, level, index, hash_):
        hashes = self.levels[level].setdefault(index // WIDTH, [])
        place = index % WIDTH
        hashes.extend([None] * (place + 1 - len(hashes)))
        hashes[place] = hash_

    def get(self, level, index):
        hashes = self.levels[level].get(index // WIDTH, [])
        return hashes[index % WIDTH] if index % WIDTH < len(hashes) else None

    def root(self, size):
        """The root of the first `size` entries, or None if hashes for it are not known."""
        if size == 0:
            return EMPTY_ROOT
        right_edge = []
        for level in reversed(range(8)):
            count = size // WIDTH**level
            peaks = []
            for index in range(count // WIDTH * WIDTH, count):
                hash_ = self.get(level, index)
                if hash_ is None:
                    return None
                merge(peaks, hash_)
            right_edge += [hash_ for _, hash_ in peaks]
        root = right_edge.pop()
        while right_edge:
            root = join(right_edge.pop(), root)
        return root


def is_consistent(old, old_root, new, new_root, proof):
    """Whether the proof leads from one root to the other: RFC 9162, section 2.1.4.2, and section 4 of log.md for size 0."""
    if not 0 <= old < new:
        return False
    if old == 0:
        return not proof and old_root == EMPTY_ROOT
    path = list(proof) if old & (old - 1) else [old_root, *proof]
    if not path:
        return False
    node, last = old - 1, new - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    first = second = path[0]
    for hash_ in path[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            first, second = join(hash_, first), join(hash_, second)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            second = join(second, hash_)
        node, last = node >> 1, last >> 1
    return first == old_root and second == new_root and last == 0


def merge(peaks, hash_):
    """Appends a hash to perfect subtrees (width, hash) of falling width."""
    width = 1
    while peaks and peaks[-1][0] == width:
        hash_ = join(peaks.pop()[1], hash_)
        width *= 2
    peaks.append((width, hash_))
