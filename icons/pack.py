"""Packs the PNG files SIZE.png of a folder into icon.ico and icon.icns; called by render.sh.

Both formats take PNG as it is: ICO since Windows Vista, ICNS since Mac OS X 10.7.
"""

import struct
import sys
from pathlib import Path

# Tauri shows the first entry of icon.ico as the window's icon while developing, so the sharp small one comes first.
ICO_SIZES = [32, 16, 24, 48, 64, 256]
ICNS_TYPES = {
    b"icp4": 16,
    b"icp5": 32,
    b"ic11": 32,  # 16 points at 2x
    b"ic12": 64,  # 32 points at 2x
    b"ic07": 128,
    b"ic13": 256,  # 128 points at 2x
    b"ic08": 256,
    b"ic14": 512,  # 256 points at 2x
    b"ic09": 512,
    b"ic10": 1024,  # 512 points at 2x
}


def ico(pictures: dict[int, bytes]) -> bytes:
    head = struct.pack("<HHH", 0, 1, len(ICO_SIZES))
    offset = len(head) + 16 * len(ICO_SIZES)
    entries, data = b"", b""
    for size in ICO_SIZES:
        png = pictures[size]
        # A side of 256 pixels is written as 0.
        entries += struct.pack("<BBBBHHII", size % 256, size % 256, 0, 0, 1, 32, len(png), offset + len(data))
        data += png
    return head + entries + data


def icns(pictures: dict[int, bytes]) -> bytes:
    chunks = b"".join(
        kind + struct.pack(">I", 8 + len(pictures[size])) + pictures[size] for kind, size in ICNS_TYPES.items()
    )
    return b"icns" + struct.pack(">I", 8 + len(chunks)) + chunks


def main() -> None:
    folder = Path(sys.argv[1])
    sizes = set(ICO_SIZES) | set(ICNS_TYPES.values())
    pictures = {size: (folder / f"{size}.png").read_bytes() for size in sizes}
    Path("icon.ico").write_bytes(ico(pictures))
    Path("icon.icns").write_bytes(icns(pictures))


if __name__ == "__main__":
    main()
