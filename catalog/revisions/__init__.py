"""What every change of a product said before and after.

A product is looked at as flat paths with plain JSON values; a path that is missing says nothing (null):

    name, handle, description, brand, category, type, tax_class (codes), status, life_cycle, age_limit, tracks_serials,
    tracks_lots, tags, tile, image_url, seo_title, seo_description, translations
    attributes.<code>
    publication.<channel>                 {"offered": …, "starts_at": …, "ends_at": …}
    range.<store>                         life cycle
    pictures                              [{"media": id, "variant": id or null, "alt": …}, …] in order
    collections                           codes of those it was put into by hand, sorted
    variant.<id>.<field>                  sku, name, options, net_content ([thousandths, unit]), sold_by, archived, gtins,
                                          reference_cost, deposit (SKU), translations
    variant.<id>.price.<currency>         [minor units, for so many thousandths]

snapshot   reads them, difference compares two of them, record keeps the difference, put sets values back.
"""

from catalog.revisions.putting import CannotPutBack, blocked, put, put_many
from catalog.revisions.reading import difference, snapshot
from catalog.revisions.recording import record
from catalog.revisions.words import words

__all__ = ["CannotPutBack", "blocked", "difference", "put", "put_many", "record", "snapshot", "words"]
