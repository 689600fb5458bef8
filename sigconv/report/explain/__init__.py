"""Why a network says what it says: attributions on the input's own axes, in seconds, hertz and millimetres.

question = ask(network, signal, "left", classes)      one input, one class
found = integrated_gradients(question)                or saliency, grad_cam, occlusion, left_out, shapley
found.attribution, found.completeness                 a Signal; does it add up?
draw(found)                                           a figure in the input's units
"""

from sigconv.report.explain.bands import Bands, bands
from sigconv.report.explain.blocks import blocks, joints
from sigconv.report.explain.explanation import Explanation, Part
from sigconv.report.explain.grad_cam import grad_cam
from sigconv.report.explain.integrated import integrated_gradients
from sigconv.report.explain.left_out import left_out
from sigconv.report.explain.occlusion import occlusion
from sigconv.report.explain.players import Groups, Players
from sigconv.report.explain.question import Question, ask
from sigconv.report.explain.saliency import saliency
from sigconv.report.explain.shapley import shapley
from sigconv.report.explain.supervoxels import supervoxels

__all__ = [
    "Bands",
    "Explanation",
    "Groups",
    "Part",
    "Players",
    "Question",
    "ask",
    "bands",
    "blocks",
    "grad_cam",
    "integrated_gradients",
    "joints",
    "left_out",
    "occlusion",
    "saliency",
    "shapley",
    "supervoxels",
]
