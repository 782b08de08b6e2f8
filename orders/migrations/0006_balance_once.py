"""That an order balances is asked once when it is written whole, and not once more for each of its lines and payments."""

from django.db import migrations

# What comes in the order's own transaction is checked with the order, whose own check waits for the commit. What comes to an older one
# touches it: that queues its check, and two who add to one order at once come one after the other, so the second sees the first.
# Without sequential scans: a plan made and kept while the table was all but empty would go on reading it whole.
ONCE = """
create function orders_parts_came() returns trigger language plpgsql set enable_seqscan = off as $$
begin
    update orders_order touched set id = touched.id
    from (select distinct order_id from came) part
    where touched.id = part.order_id and touched.xmin <> pg_current_xact_id()::xid;
    return null;
end
$$;

drop trigger balance on orders_orderline;
drop trigger balance on orders_payment;
create trigger came after insert on orders_orderline
    referencing new table as came for each statement execute function orders_parts_came();
create trigger came after insert on orders_payment
    referencing new table as came for each statement execute function orders_parts_came();
create constraint trigger balance after update or delete on orders_orderline
    deferrable initially deferred for each row execute function orders_part_balances();
create constraint trigger balance after update or delete on orders_payment
    deferrable initially deferred for each row execute function orders_part_balances();
"""

EACH = """
drop trigger balance on orders_payment;
drop trigger balance on orders_orderline;
drop trigger came on orders_payment;
drop trigger came on orders_orderline;
drop function orders_parts_came();
create constraint trigger balance after insert or update or delete on orders_orderline
    deferrable initially deferred for each row execute function orders_part_balances();
create constraint trigger balance after insert or update or delete on orders_payment
    deferrable initially deferred for each row execute function orders_part_balances();
"""


class Migration(migrations.Migration):
    dependencies = [("orders", "0005_rules")]

    operations = [migrations.RunSQL(ONCE, EACH)]
