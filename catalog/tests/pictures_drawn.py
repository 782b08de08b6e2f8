"""Picture files for tests, drawn on the spot."""

import io

from PIL import Image


def drawn(width=40, height=30, *, kind="JPEG", colour=(200, 30, 30), exif=None, mode="RGB", **options):
    """A file of one colour with a blue left edge, so that turning and cutting show."""
    image = Image.new(mode, (width, height), colour)
    if mode == "RGB":
        image.paste((20, 20, 220), (0, 0, max(1, width // 4), height))
    body = io.BytesIO()
    if exif is not None:
        options["exif"] = exif
    image.save(body, kind, **options)
    return io.BytesIO(body.getvalue())


def taken_sideways_at_home():
    """Orientation 6 (turn a quarter to the right) with a place and a camera in it."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "Kestrel Cameras"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (52.0, 31.0, 12.0)
    return drawn(60, 20, exif=exif)
