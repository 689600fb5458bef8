"""Networks for handwritten digits: LeCun's two, Fukushima's Neocognitron."""

from sigconv.nets.named.published import published
from sigconv.nets.notation import parse
from sigconv.nets.tree import Net

# which of the six maps of S2 each of the sixteen maps of C3 sees (LeCun et al. 1998, table I)
C3 = "0.1.2,1.2.3,2.3.4,3.4.5,0.4.5,0.1.5,0.1.2.3,1.2.3.4,2.3.4.5,0.3.4.5,0.1.4.5,0.1.2.5,0.1.3.4,1.2.4.5,0.2.3.5"


@published(1, (16, 16), 10, 9_760, "LeCun et al. (1989), Neural Computation 1:541-551")
def lenet1989() -> Net:
    """The first network trained by backpropagation to read zip codes: 1 256 units, 64 660 connections.

    H1 has 12 maps of 8x8, H2 12 of 4x4 that each see 8 of the 12 maps, H3 30 units. Weights are shared, biases are
    not; outside lies the background, -1. The paper leaves open which 8 maps are seen; here it is 8 in a row.

    Source: LeCun et al. (1989), Backpropagation applied to handwritten zip code recognition, Neural Computation 1.

    >>> from sigconv.nets import InputSpec, measure
    >>> measure.connections(lenet1989(), InputSpec(1, (16, 16)), classes=10)
    64660
    """
    return parse("C12k5s2b*:-1 R:stanh C12k5s2t8b*:-1 R:stanh F30 R:stanh F R:stanh")


@published(1, (32, 32), 10, 60_000, "LeCun et al. (1998), Proc. IEEE 86:2278-2324")
def lenet5() -> Net:
    """LeNet-5: C3 sees chosen maps, pools have a learnt scale and shift, and the output is the nearest of fixed codes.

    Source: LeCun et al. (1998), Gradient-based learning applied to document recognition, section II.B.

    >>> from sigconv.nets import InputSpec, measure
    >>> measure.parameters(lenet5(), InputSpec(1, (32, 32)), classes=10)
    60000
    """
    return parse(
        f"C6k5v R:stanh A N:affine R:stanh C16k5vt{{{C3},0.1.2.3.4.5}} R:stanh A N:affine R:stanh "
        "C120k5v R:stanh F84 R:stanh F:codes"
    )


@published(1, (16, 16), 10, 39_210, "Fukushima (1980), Biol. Cybernetics 36:193-202; (2003), Neurocomputing 51:161-180")
def neocognitron() -> Net:
    """Fukushima's network: contrast, then twice S-cells and C-cells that learn without labels, then a read-out.

    The papers' sizes follow their own digits; these are for 16 x 16. `train.Neocognitron` teaches it.

    Source: Fukushima (1980), Neocognitron: a self-organizing neural network model; Fukushima (2003).

    >>> str(neocognitron())
    'K:contrastV16Zs2V128Zs2F'
    """
    return parse("K:contrast V16k3t.6 Z3s2 V128k3t.6 Z3s2 F")
