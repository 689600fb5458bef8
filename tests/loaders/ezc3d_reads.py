"""What ezc3d reads in C3D files: run as a process of its own, since a damaged file can crash it.

Usage: python ezc3d_reads.py TARGET FILE…   writes TARGET/<number>.npz for each file that ezc3d takes.
"""

import sys
from pathlib import Path

import ezc3d
import numpy as np


def read(path: str) -> dict:
    found = ezc3d.c3d(path)
    data, parameters = found["data"], found["parameters"]
    point, analog = parameters["POINT"], parameters.get("ANALOG", {})
    return {
        "points": data["points"][:3],
        "residuals": data["meta_points"]["residuals"][0],
        "cameras": data["meta_points"]["camera_masks"],
        "analogs": data["analogs"][0],
        "labels": np.array(point["LABELS"]["value"] if "LABELS" in point else [], dtype=str),
        "analog_labels": np.array(analog["LABELS"]["value"] if "LABELS" in analog else [], dtype=str),
        "units": np.array(point["UNITS"]["value"] if "UNITS" in point else [], dtype=str),
        "rate": found["header"]["points"]["frame_rate"],
        "analog_rate": found["header"]["analogs"]["frame_rate"],
        "first": found["header"]["points"]["first_frame"] + 1,
    }


if __name__ == "__main__":
    for number, path in enumerate(sys.argv[2:]):
        try:
            found = read(path)
        except Exception as error:
            print(number, path, error)
        else:
            np.savez(Path(sys.argv[1]) / f"{number}.npz", **found)
