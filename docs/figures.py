"""Make the figures of the pages anew: `python docs/figures.py [--data DIR]`.

The phantoms' take three minutes. DIR: real images, with `lesions/`; its figure takes minutes.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

HERE = Path(__file__).parent
PHANTOM, LESIONS = "phantom.png", "lesions.png"
DISTRIBUTIONS = ("outliers.png", "magnitudes.png", "speckle.png")
RECONSTRUCTION = "reconstruction.png"
SEQUENCES = ("T1", "T1Gd", "T2", "FLAIR")


def main() -> None:
    """Run the command as a user would, and keep its pictures."""
    parser = argparse.ArgumentParser(prog="python docs/figures.py", description=__doc__)
    parser.add_argument("--data", type=Path, help="a folder with lesions/")
    data = parser.parse_args().data
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        deepmix("demo", "-o", folder / "demo")
        shutil.copy(folder / "demo" / "comparison.png", HERE / PHANTOM)
        deepmix("demo", "--distributions", "-o", folder / "distributions")
        for number, picture in enumerate(DISTRIBUTIONS, start=1):
            shutil.copy(folder / "distributions" / f"distribution{number}.png", HERE / picture)
        deepmix("demo", "reconstruction", "-o", folder / "reconstruction")
        with Image.open(folder / "reconstruction" / "reconstruction.png") as picture:
            picture.convert("L").save(HERE / RECONSTRUCTION, optimize=True)  # as it is grey: a third smaller
        if data is not None:
            files = {each: data / "lesions" / f"{each}.nii.gz" for each in (*SEQUENCES, "mask")}
            mask = files.pop("mask")
            one_slice = "--mask", mask, "-k", "4", "--slices", "3:4"
            deepmix("segment", *files.values(), *one_slice, "-o", folder / "lesions")
            shutil.copy(folder / "lesions" / "overlay.png", HERE / LESIONS)


def deepmix(*words: str | Path) -> None:
    """`deepmix WORDS`, by this Python."""
    call = "from deepmix.cli import main; main()"
    subprocess.run([sys.executable, "-c", call, *map(str, words)], check=True)


if __name__ == "__main__":
    main()
