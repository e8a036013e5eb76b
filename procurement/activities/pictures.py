"""Perceptual hashes of pictures (照片指纹): alike pictures differ in few of 64 bits. Pure; sees bytes, no database.

A difference hash: the picture is shrunk to nine by eight gray points, and each bit says whether a point is brighter than
its right neighbor. Another size, compression or brightness hardly changes it. Written out here with Pillow, since
it is ten lines and a library for it would bring numpy and scipy along.
"""

from __future__ import annotations

import io

from PIL import Image, ImageOps

WIDTH, HEIGHT = 9, 8
BITS = (WIDTH - 1) * HEIGHT
FLAT = 6
"""Where the brightest and the darkest point are this close, the picture shows nothing to compare."""


def fingerprint(content: bytes) -> str:
    """The picture's 64 bits as 16 hex digits; "" where it shows nothing (a black picture is like every other).

    raises  OSError when the bytes are no picture
    """
    with Image.open(io.BytesIO(content)) as picture:
        gray = ImageOps.exif_transpose(picture).convert("L").resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
    points = gray.tobytes()
    if max(points) - min(points) <= FLAT:
        return ""
    bits = 0
    for row in range(HEIGHT):
        for column in range(WIDTH - 1):
            place = row * WIDTH + column
            bits = bits << 1 | (points[place] > points[place + 1])
    return f"{bits:016x}"


def distance(one: str, other: str) -> int:
    """In how many of the 64 bits two fingerprints differ."""
    return (int(one, 16) ^ int(other, 16)).bit_count()
