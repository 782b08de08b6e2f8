"""What was charged stays known: base prices leave their trace, price entries that have begun stand. Everything of pricing is audited."""

from django.db import migrations

from kernel.audit import audited

# One statement for any number of rows: an import changes thousands at once.
POINTS = """
create function catalog_price_points() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' then
        insert into catalog_pricepoint (variant_id, currency, amount, price_quantity, at)
        select o.variant_id, o.currency, null, null, clock_timestamp() from old_rows o
        -- Gone with its variant: there is nothing left to tell of.
        where exists (select from catalog_variant v where v.id = o.variant_id);
    elsif tg_op = 'UPDATE' then
        insert into catalog_pricepoint (variant_id, currency, amount, price_quantity, at)
        select n.variant_id, n.currency, n.amount, n.price_quantity, clock_timestamp() from new_rows n join old_rows o on o.id = n.id
        where (n.amount, n.price_quantity) is distinct from (o.amount, o.price_quantity);
    else
        insert into catalog_pricepoint (variant_id, currency, amount, price_quantity, at)
        select n.variant_id, n.currency, n.amount, n.price_quantity, clock_timestamp() from new_rows n;
    end if;
    return null;
end
$$;
create trigger points_of_insert after insert on catalog_price referencing new table as new_rows for each statement execute function catalog_price_points();
create trigger points_of_update after update on catalog_price referencing old table as old_rows new table as new_rows
    for each statement execute function catalog_price_points();
create trigger points_of_delete after delete on catalog_price referencing old table as old_rows for each statement execute function catalog_price_points();
insert into catalog_pricepoint (variant_id, currency, amount, price_quantity, at)
select r.variant_id, r.currency, r.amount, r.price_quantity, p.updated_at
from catalog_price r join catalog_variant v on v.id = r.variant_id join catalog_product p on p.id = v.product_id;
"""
NO_POINTS = """
drop trigger points_of_insert on catalog_price; drop trigger points_of_update on catalog_price; drop trigger points_of_delete on catalog_price;
drop function catalog_price_points(); delete from catalog_pricepoint;
"""

# By the transaction's own clock, not the application's: what was charged is not rewritten whatever a program thinks the time is.
HISTORY = """
create function catalog_price_entry_stands() returns trigger language plpgsql as $$
begin
    if old.live and (old.starts_at is null or old.starts_at <= now()) then
        if tg_op = 'DELETE' then
            raise exception 'a price that has begun is history' using errcode = 'check_violation', constraint = 'price_entry_stands';
        end if;
        if (new.price_list_id, new.variant_id, new.amount, new.price_quantity, new.from_quantity, new.live)
            is distinct from (old.price_list_id, old.variant_id, old.amount, old.price_quantity, old.from_quantity, old.live)
            or new.starts_at is distinct from old.starts_at
            or (new.ends_at is distinct from old.ends_at and old.ends_at is not null and old.ends_at <= now()) then
            raise exception 'a price that has begun is history' using errcode = 'check_violation', constraint = 'price_entry_stands';
        end if;
    end if;
    return case tg_op when 'DELETE' then old else new end;
end
$$;
create trigger stands before update or delete on catalog_priceentry for each row execute function catalog_price_entry_stands();
"""
NO_HISTORY = "drop trigger stands on catalog_priceentry; drop function catalog_price_entry_stands();"

ONE_PLACE = """
create function catalog_price_list_place() returns trigger language plpgsql as $$
begin
    if exists (select from catalog_pricelist l join catalog_priceliststore s on s.price_list_id = l.id
        where l.id = coalesce(to_jsonb(new) ->> 'price_list_id', to_jsonb(new) ->> 'id')::uuid
            and (l.channel_id is not null or l.store_group_id is not null)) then
        raise exception 'a price list is for stores, or a group, or a channel' using errcode = 'check_violation', constraint = 'price_list_one_place';
    end if;
    return null;
end
$$;
create constraint trigger one_place after insert or update on catalog_pricelist deferrable initially deferred
    for each row execute function catalog_price_list_place();
create constraint trigger one_place after insert or update on catalog_priceliststore deferrable initially deferred
    for each row execute function catalog_price_list_place();
"""
NO_ONE_PLACE = """
drop trigger one_place on catalog_pricelist; drop trigger one_place on catalog_priceliststore; drop function catalog_price_list_place();
"""

# What processes keep of the rules is theirs as long as this stands. It is drawn at random: a counter that was rolled back would
# stand for other rules the next time. What sales count (used, given) is left out, so that no sale waits for this row.
BOOK = """
create function catalog_price_book_moves() returns trigger language plpgsql as $$
begin
    insert into catalog_pricebookstate (id, version) values (1, gen_random_uuid()) on conflict (id) do update set version = excluded.version;
    return null;
end
$$;
create trigger book_moves after insert or delete or update of code, name, receipt_text, state, priority, combination, "group", starts_at, ends_at, rule,
    needs_coupon, supplier, supplier_share, most_uses, most_per_customer, budget, monthly_budget, offline
    on catalog_promotion for each statement execute function catalog_price_book_moves();
create trigger book_moves after insert or update or delete on catalog_taxclass for each statement execute function catalog_price_book_moves();
create trigger book_moves after insert or update or delete on catalog_taxzone for each statement execute function catalog_price_book_moves();
create trigger book_moves after insert or update or delete on catalog_taxrate for each statement execute function catalog_price_book_moves();
create trigger book_moves after insert or update or delete on catalog_channeltax for each statement execute function catalog_price_book_moves();
create trigger book_moves after insert or update or delete on catalog_storetax for each statement execute function catalog_price_book_moves();
insert into catalog_pricebookstate (id, version) values (1, gen_random_uuid());
"""
NO_BOOK = """
drop trigger book_moves on catalog_promotion; drop trigger book_moves on catalog_taxclass; drop trigger book_moves on catalog_taxzone;
drop trigger book_moves on catalog_taxrate; drop trigger book_moves on catalog_channeltax; drop trigger book_moves on catalog_storetax;
drop function catalog_price_book_moves(); delete from catalog_pricebookstate;
"""

SHAPES = "alter table catalog_promotion add constraint promotion_rule_is_object check (jsonb_typeof(rule) = 'object')"
NO_SHAPES = "alter table catalog_promotion drop constraint promotion_rule_is_object"

AUDITED = (
    audited("catalog_pricelist"),
    audited("catalog_priceliststore"),
    audited("catalog_pricechange"),
    audited("catalog_priceentry"),
    audited("catalog_sticker", key="code"),
    audited("catalog_taxzone"),
    audited("catalog_taxrate"),
    audited("catalog_channeltax", key="channel_id"),
    audited("catalog_storetax", key="store_id"),
    audited("catalog_taxexemption"),
    # Counters tell of sales; the redemptions are their ledger.
    audited("catalog_promotion", exclude=("used", "given")),
    audited("catalog_coupon", exclude=("used",), key="code"),
)


class Migration(migrations.Migration):
    dependencies = [("catalog", "0006_pricing"), ("kernel", "0003_audit_by_action")]

    operations = [
        migrations.RunSQL(POINTS, NO_POINTS),
        migrations.RunSQL(HISTORY, NO_HISTORY),
        migrations.RunSQL(ONE_PLACE, NO_ONE_PLACE),
        migrations.RunSQL(BOOK, NO_BOOK),
        migrations.RunSQL(SHAPES, NO_SHAPES),
        *AUDITED,
    ]
