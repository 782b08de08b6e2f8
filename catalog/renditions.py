"""The background part of pictures: smaller copies, made by a job for each picture that came in or was given another focal point."""

from typing import Any
from uuid import UUID

from django.core.files.storage import default_storage
from django.db import transaction

from catalog import pictures
from catalog.models import Media
from catalog.services.media import KIND, settle_renditions
from kernel import jobs


@jobs.handler(KIND)
def prepare(running: jobs.Running) -> dict[str, Any]:
    """Made anew from the original each time, so it may run twice."""
    media = Media.objects.filter(pk=UUID(running.arguments["media"])).first()
    if media is None:
        return {"made": 0}
    running.progress(0, 1)
    made, error = _made(media)
    with transaction.atomic():
        stands = settle_renditions(
            media=media.pk, focal=(media.focal_x, media.focal_y), renditions=made, error=error, now=running.moment(), actor=running.actor
        )
    running.progress(1)
    return {"made": len(made) if stands else 0}


def _made(media: Media) -> tuple[list[dict[str, Any]], str]:
    """The copies in the storage, or in words why there are none."""
    try:
        with default_storage.open(str(media.file)) as original:
            copies = pictures.renditions(original.read(), focal_x=media.focal_x, focal_y=media.focal_y)
    except FileNotFoundError:
        return [], "The file is no longer in the storage. Upload it again."
    except pictures.BadPicture as bad:
        return [], bad.message[:200]
    made = []
    for copy in copies:
        name = pictures.store(media.sha256, copy.content, ending="webp", label=str(copy.width))
        made.append({"file": name, "width": copy.width, "height": copy.height})
    return made, ""
