"""What the database itself refuses of orders, money and books, and how it is asked whether all of it agrees."""

from django.db import migrations

BALANCE = """
create or replace function orders_check_balance(checked uuid) returns void language plpgsql set enable_seqscan = off as $$
declare
    missing_total bigint;
    missing_tax bigint;
    paid bigint;
    owed bigint;
    state text;
    broken text;
begin
    select o.total - o.rounding - line.total - case when o.tax_included then 0 else line.tax end, o.tax - line.tax, payment.amount, o.total, o.status
    into missing_total, missing_tax, paid, owed, state
    from orders_order o
    cross join lateral (select coalesce(sum(total), 0) as total, coalesce(sum(tax), 0) as tax from orders_orderline where order_id = o.id) line
    cross join lateral (select coalesce(sum(amount), 0) as amount from orders_payment where order_id = o.id) payment
    where o.id = checked;
    broken := case
        when missing_total <> 0 then 'order_lines_add_up'
        when missing_tax <> 0 then 'order_tax_adds_up'
        when state = 'paid' and paid <> owed then 'order_paid_exactly'
        when state = 'pending' and paid not between least(0, owed) and greatest(0, owed) then 'order_paid_within'
        when state in ('quote', 'cancelled') and paid <> 0 then 'order_paid_nothing'
    end;
    if broken is not null then
        raise exception 'order % (%) does not balance: lines differ by %, tax by %, paid % of %', checked, state, missing_total, missing_tax, paid, owed
            using errcode = 'check_violation', constraint = broken, table = 'orders_order', schema = 'public';
    end if;
end
$$;
"""

FUNCTIONS = """
create sequence orders_number start 100001;

create function orders_never_changed() returns trigger language plpgsql as $$
begin
    raise exception '% is append-only', tg_table_name using errcode = 'restrict_violation', table = tg_table_name, schema = 'public';
end
$$;

-- What came back is written where it was sold, under that row's lock: two returns of the last unit meet here.
create function orders_line_returned() returns trigger language plpgsql as $$
begin
    update orders_orderline set returned = returned - new.quantity where id = new.returns_id;
    return null;
end
$$;

create function orders_payment_refunded() returns trigger language plpgsql as $$
begin
    update orders_payment set refunded = refunded - new.amount where id = new.refunds_id;
    return null;
end
$$;

create function orders_books_balance() returns trigger language plpgsql as $$
begin
    if exists (
        select from orders_bookline where reference = new.reference and cause = new.cause group by currency having sum(amount) <> 0
    ) then
        raise exception 'the book lines of % % do not come to nothing', new.cause, new.reference
            using errcode = 'check_violation', constraint = 'book_lines_balance', table = 'orders_bookline', schema = 'public';
    end if;
    return null;
end
$$;

create function orders_books_open() returns trigger language plpgsql as $$
begin
    if exists (
        select from orders_periodlock closed join org_channel channel on channel.company_id = closed.company_id
        where channel.id = new.channel_id and closed.through >= new.booked_on
    ) then
        raise exception 'the books are closed on %', new.booked_on
            using errcode = 'check_violation', constraint = 'books_open', table = 'orders_bookline', schema = 'public';
    end if;
    return new;
end
$$;

-- Every rule that all rows together keep. No row comes back from a sound database.
create function orders_broken() returns table (rule text, subject text, difference bigint) language sql stable as $$
    with sums as (
        select o.id, o.total, o.tax, o.status, o.total - o.rounding - coalesce(line.total, 0)
            - case when o.tax_included then 0 else coalesce(line.tax, 0) end as lines, o.tax - coalesce(line.tax, 0) as taxes,
            coalesce(payment.amount, 0) as paid, coalesce(payment.count, 0) as tenders
        from orders_order o
        left join (select order_id, sum(total) as total, sum(tax) as tax from orders_orderline group by order_id) line on line.order_id = o.id
        left join (select order_id, sum(amount) as amount, count(*) from orders_payment group by order_id) payment on payment.order_id = o.id
    )
    select 'order_lines_add_up', id::text, lines::bigint from sums where lines <> 0
    union all
    select 'order_tax_adds_up', id::text, taxes::bigint from sums where taxes <> 0
    union all
    select 'order_paid_exactly', id::text, (total - paid)::bigint from sums where status = 'paid' and paid <> total
    union all
    select 'order_paid_within', id::text, paid::bigint from sums where status = 'pending' and paid not between least(0, total) and greatest(0, total)
    union all
    select 'order_paid_nothing', id::text, paid::bigint from sums where status in ('quote', 'cancelled') and paid <> 0
    union all
    select 'tender_less_change', id::text, (amount - tendered + change)::bigint from orders_payment where amount <> tendered - change
    union all
    select 'line_adds_up', id::text, (total - list_total + discount)::bigint from orders_orderline where total <> list_total - discount
    union all
    select 'allocation_adds_up', line.id::text, (line.total - sum((part->>'total')::bigint))::bigint
    from orders_orderline line, jsonb_array_elements(line.allocation) part
    group by line.id
    having line.total <> sum((part->>'total')::bigint) or line.tax <> sum((part->>'tax')::bigint)
        or line.discount <> sum((part->>'discount')::bigint) or line.quantity <> sum((part->>'quantity')::bigint)
    union all
    select 'returned_is_what_came_back', sold.id::text, (sold.returned + coalesce(sum(back.quantity), 0))::bigint
    from orders_orderline sold left join orders_orderline back on back.returns_id = sold.id
    where sold.returned <> 0 or back.id is not null
    group by sold.id having sold.returned <> -coalesce(sum(back.quantity), 0) or sold.returned > sold.quantity
    union all
    select 'refunded_is_what_went_back', paid.id::text, (paid.refunded + coalesce(sum(back.amount), 0))::bigint
    from orders_payment paid left join orders_payment back on back.refunds_id = paid.id
    where paid.refunded <> 0 or back.id is not null
    group by paid.id having paid.refunded <> -coalesce(sum(back.amount), 0) or paid.refunded > paid.amount
    union all
    select 'captured_is_paid', attempt.id::text, (attempt.captured - payment.amount)::bigint
    from orders_attempt attempt join orders_payment payment on payment.id = attempt.payment_id
    where attempt.captured <> payment.amount
    union all
    select 'captured_has_its_tender', id::text, captured from orders_attempt where captured > 0 and payment_id is null and state <> 'review'
    union all
    select 'books_balance', reference::text || ' ' || cause, sum(amount)::bigint from orders_bookline group by reference, cause, currency having sum(amount) <> 0
    union all
    select 'invoices_without_gaps', min(series.prefix), (max(invoice.number) - count(*))::bigint
    from orders_invoice invoice
    join orders_invoiceseries series on series.company_id = invoice.company_id and series.kind = invoice.kind
    group by invoice.company_id, invoice.kind having max(invoice.number) <> count(*) or max(series.next) <> max(invoice.number) + 1
    union all
    select * from customers_broken()
$$;
"""

TRIGGERS = """
create trigger returned after insert on orders_orderline for each row when (new.returns_id is not null) execute function orders_line_returned();
create trigger refunded after insert on orders_payment for each row when (new.refunds_id is not null) execute function orders_payment_refunded();
create constraint trigger balances after insert on orders_bookline
    deferrable initially deferred for each row execute function orders_books_balance();
create trigger open before insert on orders_bookline for each row execute function orders_books_open();
create trigger kept before update or delete on orders_bookline for each row execute function orders_never_changed();
create trigger kept before update or delete on orders_periodlock for each row execute function orders_never_changed();
create trigger kept before update or delete on orders_invoice for each row execute function orders_never_changed();
create trigger kept before update on orders_orderstep for each row execute function orders_never_changed();
create trigger kept before update on orders_attemptstep for each row execute function orders_never_changed();
"""

DROP = """
drop trigger kept on orders_attemptstep;
drop trigger kept on orders_orderstep;
drop trigger kept on orders_invoice;
drop trigger kept on orders_periodlock;
drop trigger kept on orders_bookline;
drop trigger open on orders_bookline;
drop trigger balances on orders_bookline;
drop trigger refunded on orders_payment;
drop trigger returned on orders_orderline;
drop function orders_broken();
drop function orders_books_open();
drop function orders_books_balance();
drop function orders_payment_refunded();
drop function orders_line_returned();
drop function orders_never_changed();
drop sequence orders_number;
"""


class Migration(migrations.Migration):
    dependencies = [("orders", "0004_capture"), ("customers", "0002_ledger")]

    operations = [
        # Going back, the sums of paid orders are checked as before; there are no others then.
        migrations.RunSQL(BALANCE, migrations.RunSQL.noop),
        migrations.RunSQL([FUNCTIONS, TRIGGERS], DROP),
    ]
