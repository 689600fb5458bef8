"""The layer that a name means, whether it is the network's own or the one that papers give it by counting.

One rule reads the names of papers for every net:

    conv<n>      the nth layer that learns weights (C, T and F, in the order of the text), if it is a C or a T
    fc<n>        the nth layer that learns weights, if it is an F: fc6, fc7, fc8 behind conv1 … conv5 of AlexNet
    pool<n>      the pool (P, A, G) behind conv<n>: pool1, pool2, pool5 of AlexNet
    conv<b>_<i>  the ith convolution of block b, where pools end the blocks: conv5_3 of VGG-16

A net whose last convolution stands before a pool may also be counted in blocks, as VGG is: there pool<b> ends block b,
and fc<n> counts on from the last block (fc6, fc7, fc8 of VGG-16). Where both ways of counting name a layer, fc takes
the first and pool is refused unless they agree.

conv<n> and fc<n> are what the layer gives behind its activation, as in Caffe, which overwrites the one by the other:
the norms and the activation that follow at once belong to it (but not a local norm, a layer of its own there).
"""

import re
from collections.abc import Sequence

from sigconv.errors import ArgumentError
from sigconv.nets.builder import Network
from sigconv.nets.fused import Fork, Steps
from sigconv.nets.place import Row
from sigconv.nets.tree import Activation, Conv, ConvTranspose, Dropout, Full, GlobalPool, Norm, Pool

Which = str | int


def layer_name(network: Network, which: Which) -> str:
    """The network's own name of a layer, for a name as in papers, too (see the head of this file).

    Parameters
    ----------
    network : Network;  which : "F2", -2, "fc7", "conv5", "conv5_3", "pool5"

    Raises
    ------
    ArgumentError : there is no such layer, or the two ways of counting pools name different ones

    >>> from sigconv.nets import InputSpec, build, parse
    >>> network = build(parse("CBRPCRPF9RF"), InputSpec(1, (16,)))
    >>> [layer_name(network, name) for name in ("conv1", "pool2", "fc3", "fc4")]
    ['R1', 'P2', 'R3', 'F2']
    """
    names = [row.name for row in network.rows]
    found = re.fullmatch(r"(conv|fc|pool)(\d{1,6})(?:_(\d{1,6}))?", which) if isinstance(which, str) else None
    if found is None or which in names:
        return network.name(which)
    word, number, inner = found[1], int(found[2]), found[3]
    rows = network.rows
    at = _counted(rows, word, number) if inner is None else _in_block(rows, word, number, int(inner))
    if not at:
        raise ArgumentError(f"layer is {which!r}; no layer is counted so in this net: {', '.join(names)}")
    if len(at) > 1:
        two = " or ".join(rows[i].name for i in sorted(at))
        raise ArgumentError(f"layer is {which!r}, which counts convolutions or blocks: say {two}")
    place = at.pop()
    return rows[place if word == "pool" else _behind_activation(network, place)].name


def _counted(rows: Sequence[Row], word: str, number: int) -> set[int]:
    """The indices of the rows that conv<n>, fc<n> or pool<n> may mean."""
    learned = [i for i, row in enumerate(rows) if isinstance(row.layer, Conv | ConvTranspose | Full)]
    nth = learned[number - 1] if 1 <= number <= len(learned) else None
    is_full = nth is not None and isinstance(rows[nth].layer, Full)
    blocks, ends = _blocks(rows)
    if word == "conv":
        return set() if nth is None or is_full else {nth}
    if word == "fc":
        fulls = [i for i in learned if isinstance(rows[i].layer, Full)]
        later = number - len(blocks) - 1
        return {nth} if nth is not None and is_full else {fulls[later]} if ends and 0 <= later < len(fulls) else set()
    found = {ends[number - 1]} if 1 <= number <= len(ends) else set()
    if nth is not None and not is_full:
        following = [i for i in range(nth + 1, len(rows)) if i in learned or _is_pool(rows[i])]
        found |= {i for i in following[:1] if _is_pool(rows[i])}
    return found


def _in_block(rows: Sequence[Row], word: str, block: int, inner: int) -> set[int]:
    blocks, _ = _blocks(rows)
    if word != "conv" or not 1 <= block <= len(blocks) or not 1 <= inner <= len(blocks[block - 1]):
        return set()
    return {blocks[block - 1][inner - 1]}


def _blocks(rows: Sequence[Row]) -> tuple[list[list[int]], list[int]]:
    """The convolutions between pools, and the pool behind each block; none if the last block ends in no pool."""
    blocks: list[list[int]] = [[]]
    ends = []
    for i, row in enumerate(rows):
        if isinstance(row.layer, Conv | ConvTranspose):
            blocks[-1].append(i)
        elif _is_pool(row) and blocks[-1]:
            ends.append(i)
            blocks.append([])
    return (blocks[:-1], ends) if not blocks[-1] else ([], [])


def _is_pool(row: Row) -> bool:
    return isinstance(row.layer, Pool | GlobalPool)


def _behind_activation(network: Network, place: int) -> int:
    """The index of the activation that follows at once, perhaps behind norms; else the layer itself."""
    rows = network.rows
    for i in range(place + 1, len(rows)):
        layer = rows[i].layer
        follows = rows[i].depth == rows[place].depth and _follows(network.steps, rows[i - 1].name, rows[i].name)
        if follows and isinstance(layer, Activation):
            return i
        norm = isinstance(layer, Norm) and layer.kind != "local"
        if not follows or not (norm or isinstance(layer, Dropout)):
            break
    return place


def _follows(steps: Steps, first: str, second: str) -> bool:
    """Whether one step is the next behind another in the same branch."""
    names = [step.name if isinstance(step, Fork) else step for step in steps]
    if first in names and second in names:
        return names.index(second) == names.index(first) + 1
    return any(_follows(branch, first, second) for step in steps if isinstance(step, Fork) for branch in step.branches)
