"""Value moves by postings alone: they write balances, come to nothing in all, and are never changed."""

from django.db import migrations

FUNCTIONS = """
create sequence customers_number start 100001;

create function customers_never_changed() returns trigger language plpgsql as $$
begin
    raise exception '% is append-only', tg_table_name using errcode = 'restrict_violation', table = tg_table_name, schema = 'public';
end
$$;

-- Counter accounts have no balance of their own: every spending would wait for the same row. Theirs is the sum of their postings.
-- Accounts are locked in the order of their ids, here and by whoever reads before it writes.
create function customers_post() returns trigger language plpgsql as $$
begin
    perform 1 from customers_account where kind <> 'counter' and id in (select account_id from posted) order by id for update;
    update customers_account account set balance = account.balance + moved.amount
    from (select account_id, sum(amount) as amount from posted group by account_id) moved
    where account.id = moved.account_id and account.kind <> 'counter';
    return null;
end
$$;

create function customers_transaction_balances() returns trigger language plpgsql as $$
begin
    if (select coalesce(sum(amount), 0) from customers_posting where transaction_id = new.transaction_id) <> 0 then
        raise exception 'transaction % does not come to nothing', new.transaction_id
            using errcode = 'check_violation', constraint = 'transaction_balances', table = 'customers_posting', schema = 'public';
    end if;
    return null;
end
$$;

create function customers_broken() returns table (rule text, subject text, difference bigint) language sql stable as $$
    select 'value_balances', transaction_id::text, sum(amount)::bigint from customers_posting group by transaction_id having sum(amount) <> 0
    union all
    select 'account_is_its_postings', account.id::text, (account.balance - coalesce(sum(posting.amount), 0))::bigint
    from customers_account account left join customers_posting posting on posting.account_id = account.id
    where account.kind <> 'counter' group by account.id having account.balance <> coalesce(sum(posting.amount), 0)
    union all
    select 'account_not_below_zero', id::text, balance from customers_account where kind <> 'counter' and balance < 0
$$;
"""

TRIGGERS = """
create trigger post after insert on customers_posting referencing new table as posted for each statement execute function customers_post();
create constraint trigger balances after insert on customers_posting
    deferrable initially deferred for each row execute function customers_transaction_balances();
create trigger kept before update or delete on customers_posting for each row execute function customers_never_changed();
create trigger kept before update or delete on customers_transaction for each row execute function customers_never_changed();
create trigger kept before update on customers_consent for each row execute function customers_never_changed();
"""

DROP = """
drop trigger kept on customers_consent;
drop trigger kept on customers_transaction;
drop trigger kept on customers_posting;
drop trigger balances on customers_posting;
drop trigger post on customers_posting;
drop function customers_broken();
drop function customers_transaction_balances();
drop function customers_post();
drop function customers_never_changed();
drop sequence customers_number;
"""


class Migration(migrations.Migration):
    dependencies = [("customers", "0001_initial")]

    operations = [migrations.RunSQL([FUNCTIONS, TRIGGERS], DROP)]
