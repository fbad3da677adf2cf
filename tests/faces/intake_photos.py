"""Photos as somebody sends them who means harm, written by hand where no encoder would write them."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from typing import TYPE_CHECKING, Any

from PIL import Image
from portraits import astronaut

from facegate.faces.decode import EXIF_ORIENTATION
from facegate.faces.intake.limits import Limits

if TYPE_CHECKING:
    import numpy as np

PATIENT = Limits(seconds=60)
"""For tests of anything but time: the machine may be busy."""

SECRET = b"47.6205 N, 122.3493 W, phone of J. Doe"
PNG_START = b"\x89PNG\r\n\x1a\n"
PRIVATE_MARKS = (
    b"Exif",
    b"ICC_PROFILE",
    b"ns.adobe.com",
    b"J. Doe",
    b"JFIF",
    b"<script",
    b"PK\x03\x04",
    b"%PDF",
)


def encoded(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:  # noqa: ANN401  passed on to Pillow
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def person(size: tuple[int, int] | None = None) -> Image.Image:
    """Show the astronaut, at another size if asked."""
    image = Image.fromarray(astronaut())
    return image.resize(size, Image.Resampling.BICUBIC) if size else image


def private_jpeg(*, turn: int = 1, size: tuple[int, int] | None = None) -> bytes:
    """Write a JPEG that tells where, with what and by whom it was taken: EXIF, ICC, XMP, comment."""
    exif = Image.Exif()
    exif[EXIF_ORIENTATION] = turn
    exif[0x010E] = SECRET.decode()
    return encoded(
        person(size),
        exif=exif,
        icc_profile=b"\x00" * 40 + SECRET,
        xmp=b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>" + SECRET + b"</x:xmpmeta>",
        comment=SECRET,
        quality=90,
    )


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def chunks_of(png: bytes) -> list[bytes]:
    """Names of a PNG's chunks in order; nothing may stand behind the last one."""
    assert png.startswith(PNG_START)
    names, at = [], len(PNG_START)
    while at < len(png):
        length = int.from_bytes(png[at : at + 4], "big")
        names.append(png[at + 4 : at + 8])
        at += 12 + length
    assert at == len(png)
    return names


def blank_png(width: int, height: int, *, bits: int = 1, color: int = 0, before: bytes = b"") -> bytes:
    """Write a black PNG, at one bit a pixel a thousand pixels to the byte of file, without holding it."""
    packer = zlib.compressobj(9 if bits == 1 else 1)
    n_channels = {0: 1, 2: 3, 4: 2, 6: 4}[color]
    row = bytes((width * bits * n_channels + 7) // 8 + 1)
    body = b"".join(packer.compress(row * 100) for _ in range(height // 100))
    body += packer.compress(row * (height % 100)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, bits, color, 0, 0, 0)
    return PNG_START + chunk(b"IHDR", header) + before + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def text_bomb_png() -> bytes:
    """Hide 400 MB of text in a photo of one pixel."""
    text = b"note\x00\x00" + zlib.compress(bytes(20_000_000), 9)
    return blank_png(1, 1, before=chunk(b"zTXt", text) * 20)


def gif_bomb() -> bytes:
    """Announce 4,295 megapixels in 34 bytes."""
    size = struct.pack("<HH", 65535, 65535)
    screen = b"GIF89a" + size + b"\x80\x00\x00" + bytes(6)
    return screen + b"," + bytes(4) + size + b"\x00\x02\x02\x44\x01\x00;"


def tiff_bomb() -> bytes:
    """Announce 3,600 megapixels in one strip of eight bytes."""
    entries = [(256, 4, 60_000), (257, 4, 60_000), (258, 3, 1), (259, 3, 32773), (262, 3, 1), (273, 4, 8)]
    entries += [(278, 4, 60_000), (279, 4, 8)]
    directory = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in entries)
    return (
        b"II*\x00" + struct.pack("<I", 16) + bytes(8) + struct.pack("<H", len(entries)) + directory + bytes(4)
    )


def jpeg2000_bomb() -> bytes:
    """Announce 3,600 megapixels in a box and a codestream of a few bytes."""
    boxes = struct.pack(">I4s4s", 12, b"jP  ", b"\r\n\x87\n") + struct.pack(
        ">I4s4sI4s", 20, b"ftyp", b"jp2 ", 0, b"jp2 "
    )
    size = struct.pack(">IIHBBBB", 60_000, 60_000, 1, 7, 7, 0, 0)
    return (
        boxes
        + struct.pack(">I4sI4s", 30, b"jp2h", 22, b"ihdr")
        + size
        + struct.pack(">I4s", 0, b"jp2c")
        + b"\xff\x4f"
    )


def webp_bomb(kind: bytes) -> bytes:
    """Announce the largest canvas that the kind of WebP allows."""
    if kind == b"VP8X":
        body = b"\x00" * 4 + b"\xff\xff\xff" * 2
    elif kind == b"VP8L":
        body = b"\x2f" + (0x3FFF | 0x3FFF << 14).to_bytes(4, "little") + bytes(16)
    else:
        body = b"\x10\x00\x00\x9d\x01\x2a" + struct.pack("<HH", 0x3FFF, 0x3FFF) + bytes(16)
    return b"RIFF" + struct.pack("<I", len(body) + 12) + b"WEBP" + kind + struct.pack("<I", len(body)) + body


def webp_that_lies() -> bytes:
    """Announce a canvas of 8 x 8, and bring a frame of 268 megapixels."""
    canvas = b"\x00" * 4 + b"\x07\x00\x00" * 2
    frame = webp_bomb(b"VP8L")[12:]
    body = b"WEBP" + b"VP8X" + struct.pack("<I", len(canvas)) + canvas + frame
    return b"RIFF" + struct.pack("<I", len(body)) + body


def slow_jpeg(side: int = 5000, n_scans: int = 32) -> bytes:
    """Repeat the first pass of a progressive JPEG: each goes over all pixels. With 32 it is just taken."""
    photo = encoded(Image.new("RGB", (side, side), (120, 90, 200)), progressive=True, subsampling=0)
    scans = [found.start() for found in re.finditer(rb"\xff\xda", photo)]
    first, end = photo[scans[0] : scans[1]], photo.rindex(b"\xff\xd9")
    return photo[:end] + first * (n_scans - len(scans)) + photo[end:]


def archive() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as zipped:
        zipped.writestr("run.sh", SECRET)
    return file.getvalue()


def polyglots() -> dict[str, tuple[bytes, bytes]]:
    """Files that are a photo and something else, each with what must not be kept of it."""
    photo, page = private_jpeg(), b"<html><script>alert(document.cookie)</script></html>"
    return {
        "jpeg and page behind": (photo + page, page),
        "jpeg and page in a comment": (encoded(person(), comment=page), page),
        "jpeg and archive": (photo + archive(), archive()),
        "jpeg and document": (photo + b"%PDF-1.7\n1 0 obj<</JS(app.alert(1))>>endobj", b"%PDF-1.7"),
        "png and page behind": (encoded(person(), "PNG") + page, page),
        "png and page in a chunk": (blank_png(16, 16, before=chunk(b"tEXt", b"Comment\x00" + page)), page),
        "webp and archive": (encoded(person(), "WEBP") + archive(), archive()),
    }


def mutated(photo: bytes, generator: np.random.Generator) -> bytes:
    """Change some bytes of a file, half of the time in its header, sometimes its length."""
    content = bytearray(photo)
    reach = 1500 if generator.random() < 0.5 else len(content)  # the headers are the first tenth
    for _ in range(int(generator.integers(1, 12))):
        content[int(generator.integers(2, reach))] = int(generator.integers(0, 256))
    how = generator.random()
    if how < 0.1:
        del content[int(generator.integers(2, len(content))) :]
    elif how < 0.2:
        at = int(generator.integers(2, reach))
        content[at:at] = generator.bytes(int(generator.integers(1, 64)))
    return bytes(content)
