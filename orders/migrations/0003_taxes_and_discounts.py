"""What is on a line: each tax by itself, and who gave the discount. Tax may come on top of the prices."""

from django.db import migrations, models

CHECKS = """
create or replace function orders_check_balance(checked uuid) returns void language plpgsql set enable_seqscan = off as $$
declare
    missing_total bigint;
    missing_tax bigint;
    missing_payment bigint;
    broken text;
begin
    select o.total - o.rounding - line.total - case when o.tax_included then 0 else line.tax end, o.tax - line.tax, o.total - payment.amount
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
"""


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0002_balance"),
    ]

    operations = [
        migrations.AddField(
            model_name="order",
            name="tax_included",
            field=models.BooleanField(db_default=True, default=True),
        ),
        migrations.AddField(
            model_name="orderline",
            name="discounts",
            field=models.JSONField(db_default=models.Value([], models.JSONField()), default=list),
        ),
        migrations.AddField(
            model_name="orderline",
            name="taxes",
            field=models.JSONField(db_default=models.Value([], models.JSONField()), default=list),
        ),
        # Going back, the old sums hold again for orders whose prices include the tax: the newer function tells the same of them.
        migrations.RunSQL(CHECKS, migrations.RunSQL.noop),
    ]
