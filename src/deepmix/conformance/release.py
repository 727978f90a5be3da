"""A folder of vectors as an archive with its sum: the same bytes on every run.

`python -m deepmix.conformance.release FOLDER` writes FOLDER.tar.gz and FOLDER.tar.gz.sha256 beside the folder.
"""

import argparse
import gzip
import io
import sys
import tarfile
from pathlib import Path

from deepmix.files.outputs import replaced

from . import sums

TIME = 315532800  # 1980-01-01, as in the archives of arrays; some tools distrust files that are older


def pack(folder: Path) -> Path:
    """Write the archive of what `deepmix vectors` wrote to a folder, and nothing else, and its sum; where it is.

    Raises FileNotFoundError for a folder without SHA256SUMS, ValueError if a file is not as it was written.
    """
    known = sums.listed(folder)
    sums.check(folder, known)
    packed = _packed(folder, sorted([*known, sums.FILE]))
    archive = folder.with_name(f"{folder.name}.tar.gz")
    listed = sums.line(archive.name, packed).encode()
    for path, content in ((archive, packed), (archive.with_name(f"{archive.name}.sha256"), listed)):
        with replaced(path) as temporary:
            temporary.write_bytes(content)
    return archive


def _packed(folder: Path, names: list[str]) -> bytes:
    packed = io.BytesIO()
    with (
        gzip.GzipFile(filename="", mode="wb", fileobj=packed, mtime=TIME) as file,
        tarfile.open(fileobj=file, mode="w", format=tarfile.USTAR_FORMAT) as archive,
    ):
        for name in names:
            content = (folder / name).read_bytes()
            entry = tarfile.TarInfo(f"{folder.name}/{name}")  # of no user, and readable by all
            entry.size, entry.mtime = len(content), TIME
            archive.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


def main() -> int:
    """Pack a folder of vectors. Exit code 2 if it cannot be packed."""
    parser = argparse.ArgumentParser(prog="python -m deepmix.conformance.release", description=main.__doc__)
    parser.add_argument("folder", type=Path, help="what deepmix vectors wrote")
    try:
        archive = pack(parser.parse_args().folder.resolve())
    except (ValueError, OSError) as error:
        print(f"deepmix.conformance.release: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    print(archive.with_name(f"{archive.name}.sha256").read_text(encoding="utf-8"), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
