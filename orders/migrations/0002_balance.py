"""At commit an order's lines add up to it and its payments cover it exactly, whoever wrote them."""

from django.db import migrations

# Without sequential scans: a plan made and kept while the tables were all but empty would go on reading them whole.
FUNCTIONS = """
create function orders_check_balance(checked uuid) returns void language plpgsql set enable_seqscan = off as $$
declare
    missing_total bigint;
    missing_tax bigint;
    missing_payment bigint;
    broken text;
begin
    select o.total - o.rounding - line.total, o.tax - line.tax, o.total - payment.amount
    into missing_total, missing_tax, missing_payment
    from orders_order o
    cross join lateral (select coalesce(sum(total), 0) as total, coalesce(sum(tax), 0) as tax from orders_orderline where order_id = o.id) line
    cross join lateral (select coalesce(sum(amount), 0) as amount from orders_payment where order_id = o.id) payment
    where o.id = checked;
    broken := case
        when missing_total <> 0 then 'order_lines_add_up'
        when missing_tax <> 0 then 'order_tax_adds_up'
        when missing_payment <> 0 then 'order_paid_exactly'
    end;
    if broken is not null then
        raise exception 'order % does not balance: lines differ by %, tax by %, payments by %', checked, missing_total, missing_tax, missing_payment
            using errcode = 'check_violation', constraint = broken, table = 'orders_order', schema = 'public';
    end if;
end
$$;

create function orders_order_balances() returns trigger language plpgsql as $$
begin
    perform orders_check_balance(new.id);
    return null;
end
$$;

create function orders_part_balances() returns trigger language plpgsql as $$
begin
    if tg_op <> 'INSERT' then
        perform orders_check_balance(old.order_id);
    end if;
    if tg_op <> 'DELETE' then
        perform orders_check_balance(new.order_id);
    end if;
    return null;
end
$$;
"""

# Deferred: an order comes before its lines and payments, and only the whole has to be right.
TRIGGERS = """
create constraint trigger balance after insert or update on orders_order
    deferrable initially deferred for each row execute function orders_order_balances();
create constraint trigger balance after insert or update or delete on orders_orderline
    deferrable initially deferred for each row execute function orders_part_balances();
create constraint trigger balance after insert or update or delete on orders_payment
    deferrable initially deferred for each row execute function orders_part_balances();
"""

DROP = """
drop trigger balance on orders_payment;
drop trigger balance on orders_orderline;
drop trigger balance on orders_order;
drop function orders_part_balances();
drop function orders_order_balances();
drop function orders_check_balance(uuid);
"""


class Migration(migrations.Migration):
    dependencies = [("orders", "0001_initial")]

    operations = [migrations.RunSQL([FUNCTIONS, TRIGGERS], DROP)]
