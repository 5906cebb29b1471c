"""What an event may not fall behind, and what its author had seen: sections 3 of docs/spec/log.md and 15 of event.md.

Sizes and times are compared at once, roots when the whole tree is there. Knows no keys and no bytes.
"""
from powers import is_ahead


def order_fault(body, position, received, before):
    """Kind, what was expected and what was found, if the event runs ahead or falls behind; None if not. `before` is the time
    of the author's event before and the size that it saw, or None."""
    signed, size = body["signed"], body["seen"]["size"]
    if is_ahead(signed, received):
        return "ahead-of-receipt", f"an event signed at most a day after {received}", signed
    if size > position:
        return "seen", f"an author that saw at most the {position} entries before", f"{size} seen"
    if before and signed < before[0]:
        return "signed-before-last", f"no time before {before[0]}, when {body['author']} signed last", signed
    if before and size < before[1]:
        return "seen-less", f"an author that saw at least {before[1]} entries, as before", f"{size} seen"
    return None


class Seen:
    """Roots that authors name, by size, until the tree can tell."""

    def __init__(self):
        self.named = {}

    def take(self, position, seen):
        self.named.setdefault(seen["size"], []).append((position, bytes.fromhex(seen["root"])))

    def compare(self, tree, report):
        for size, named in sorted(self.named.items()):
            root = tree.root(size)
            for position, found in named:
                if root is None:
                    report.count("roots seen by authors not decided, as hashes for them are missing")
                elif root != found:
                    report.fault("seen", position, f"an author that saw the root {root.hex()} of {size} entries", found.hex())
                else:
                    report.count("roots seen by authors")
