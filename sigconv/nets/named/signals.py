"""Networks for signals: electrodes and time as the two axes of an EEG, or a bare waveform."""

from sigconv.core.geometry import at_least
from sigconv.nets.named.published import published
from sigconv.nets.notation import parse
from sigconv.nets.tree import Net

EEGNET = "Lawhern et al. (2018), J. Neural Engineering 15:056013, table 3 (P300)"


@published(1, (64, 128), 2, 2_258, EEGNET)
def eegnet(electrodes: int = 64, rate: int = 128, filters: int = 8, depth: int = 2, drop: float = 0.5) -> Net:
    """EEGNet-8,2: filters in time, then in space within each of them, then in time again, channel by channel.

    Parameters
    ----------
    electrodes : int >= 1, the first axis of the grid
    rate : int >= 2, samples per second; the first filters last half a second
    filters : int >= 1, in time;  depth : int >= 1, filters in space for each
    drop : 0 <= drop < 1; the paper takes 0.5 within a subject, 0.25 across

    The paper also bounds the norms of the weights in space and of the read-out; that is training's business.

    Source: Lawhern et al. (2018), EEGNet: a compact convolutional neural network for EEG-based BCIs.

    >>> str(eegnet(22))
    'C8k1x64b0BC16k22x1g8vb0BR:eluA1x4D0.5Ck1x16g*b0C16k1b0BR:eluA1x8D0.5F'
    """
    wide = at_least("filters", filters, 1) * at_least("depth", depth, 1)
    half = at_least("rate", rate, 2) // 2
    return parse(
        f"C{filters}k1x{half}b0 B C{wide}k{at_least('electrodes', electrodes, 1)}x1g{filters}vb0 B R:elu A1x4 D{drop} "
        f"Ck1x16g*b0 C{wide}k1b0 B R:elu A1x8 D{drop} F"
    )


@published(1, (64, 128), 2, 104_002, EEGNET)
def shallow_convnet(electrodes: int = 64, kernel: int = 13, pool: int = 35, step: int = 7) -> Net:
    """The shallow ConvNet: filters in time and space, then the log of the power, as common spatial patterns have it.

    electrodes : int >= 1, the first axis of the grid
    kernel, pool, step : samples >= 1; those of EEGNet's authors at 128 Hz. At 250 Hz Schirrmeister has 25, 75 and 15

    Source: Schirrmeister et al. (2017), Deep learning with convolutional neural networks for EEG decoding.

    >>> str(shallow_convnet(22, 25, 75, 15))
    'C40k1x25vC40k22x1vb0BR:squareA1x75s1x15R:logD0.5F'
    """
    return parse(f"C40k1x{kernel}v C40k{electrodes}x1vb0 B R:square A1x{pool}s1x{step} R:log D.5 F")


@published(1, (64, 128), 2, 174_127, EEGNET)
def deep_convnet(electrodes: int = 64, kernel: int = 5, pool: int = 2) -> Net:
    """The deep ConvNet: one filter bank in time and space, then three more in time, each with a pool.

    electrodes : int >= 1, the first axis of the grid
    kernel, pool : samples >= 1; those of EEGNet's authors at 128 Hz. At 250 Hz Schirrmeister has 10 and 3

    Source: Schirrmeister et al. (2017), Deep learning with convolutional neural networks for EEG decoding.

    >>> str(deep_convnet(22, 10, 3))[:50]
    'C25k1x10vC25k22x1vBR:eluP1x3D0.5C50k1x10vBR:eluP1x'
    """
    rest = "".join(f"C{width}k1x{kernel}v B R:elu P1x{pool} D.5 " for width in (50, 100, 200))
    return parse(f"C25k1x{kernel}v C25k{electrodes}x1v B R:elu P1x{pool} D.5 {rest}F")


@published(1, (32_000,), 10, 559_114, "Dai et al. (2017), ICASSP, arXiv:1610.00087, table 1 (0.5 M)")
def m5() -> Net:
    """M5 for raw waveforms: a wide first kernel, as long as a window of features would be, then small ones.

    The paper takes 4 s at 8 kHz; 80 samples are 10 ms.

    Source: Dai et al. (2017), Very deep convolutional neural networks for raw waveforms.

    >>> str(m5())
    'C128k80s4BRP4C128BRP4C256BRP4C512BRP4GF'
    """
    return parse("C128k80s4BR P4 C128BR P4 C256BR P4 C512BR P4 GF")
