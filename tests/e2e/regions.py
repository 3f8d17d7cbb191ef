"""Compares the regions of two answers."""


def overlap(a, b):
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    both = max(0, width) * max(0, height)
    return both / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both)


def share_found_again(expected, found, least=0.9):
    """Of regions with the same label and nearly the same box; those near the threshold come and go."""
    left = list(found)
    matched = 0
    for region in expected:
        for other in left:
            if other["label"] == region["label"] and overlap(other["bbox"], region["bbox"]) >= least:
                left.remove(other)
                matched += 1
                break
    return matched / len(expected)
