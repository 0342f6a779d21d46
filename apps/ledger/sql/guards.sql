-- What nobody may do, whoever asks: PostgreSQL refuses it, with an SQLSTATE of ours (`FC…`).

-- Balance rows are updated in place all the time: room on the page keeps the updates off the index
-- (HOT), and few dead rows keep the reads short.
ALTER TABLE @schema@.ledger_balance SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02);

CREATE OR REPLACE FUNCTION @schema@.ledger_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % is refused: the ledger is append-only.', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'FC002', TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA;
END $$;

-- Transactions and postings never change.
CREATE OR REPLACE TRIGGER ledger_transaction_append_only
    BEFORE UPDATE OR DELETE ON @schema@.ledger_transaction
    FOR EACH ROW EXECUTE FUNCTION @schema@.ledger_refuse_change();
CREATE OR REPLACE TRIGGER ledger_transaction_no_truncate
    BEFORE TRUNCATE ON @schema@.ledger_transaction
    FOR EACH STATEMENT EXECUTE FUNCTION @schema@.ledger_refuse_change();
CREATE OR REPLACE TRIGGER ledger_posting_append_only
    BEFORE UPDATE OR DELETE ON @schema@.ledger_posting
    FOR EACH ROW EXECUTE FUNCTION @schema@.ledger_refuse_change();
CREATE OR REPLACE TRIGGER ledger_posting_no_truncate
    BEFORE TRUNCATE ON @schema@.ledger_posting
    FOR EACH STATEMENT EXECUTE FUNCTION @schema@.ledger_refuse_change();

-- Of an account, the name and the metadata may change, and it may be closed, once.
CREATE OR REPLACE TRIGGER ledger_account_immutable
    BEFORE UPDATE ON @schema@.ledger_account
    FOR EACH ROW WHEN (
        (OLD.id, OLD.account_id, OLD.created_at, OLD.code, OLD.currency, OLD.kind,
         OLD.floor_minor, OLD.stripes)
        IS DISTINCT FROM
        (NEW.id, NEW.account_id, NEW.created_at, NEW.code, NEW.currency, NEW.kind,
         NEW.floor_minor, NEW.stripes)
        OR OLD.closed_at IS NOT NULL AND OLD.closed_at IS DISTINCT FROM NEW.closed_at
    ) EXECUTE FUNCTION @schema@.ledger_refuse_change();
CREATE OR REPLACE TRIGGER ledger_account_stays
    BEFORE DELETE ON @schema@.ledger_account
    FOR EACH ROW EXECUTE FUNCTION @schema@.ledger_refuse_change();
CREATE OR REPLACE TRIGGER ledger_account_no_truncate
    BEFORE TRUNCATE ON @schema@.ledger_account
    FOR EACH STATEMENT EXECUTE FUNCTION @schema@.ledger_refuse_change();

-- A balance is written by triggers alone. The condition is evaluated before the trigger is entered:
-- the depth is 0 for a statement of a client, 1 for one of the projection. A row of zeros is let in,
-- since it sets nothing: `ledger_lock` needs it to lock a row that is not there yet. That is asked
-- inside, where it costs the projection nothing. (A trigger on a table of one's own is at depth 1 too:
-- against that helps only a role without rights on this table. See docs/ledger.md.)
CREATE OR REPLACE FUNCTION @schema@.ledger_guard_balance() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' AND (
        NEW.debits_minor, NEW.credits_minor, NEW.pending_debits_minor, NEW.pending_credits_minor,
        NEW.entry_count, NEW.floor_minor, NEW.normal_side, NEW.closed_at_count
    ) IS NOT DISTINCT FROM (0, 0, 0, 0, 0, NULL::bigint, NULL::varchar, NULL::bigint) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% of % is refused: the ledger is append-only.', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'FC002', TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA;
END $$;
DROP TRIGGER IF EXISTS ledger_balance_guard_insert ON @schema@.ledger_balance;
CREATE OR REPLACE TRIGGER ledger_balance_guard
    BEFORE INSERT OR UPDATE OR DELETE ON @schema@.ledger_balance
    FOR EACH ROW WHEN (pg_trigger_depth() = 0)
    EXECUTE FUNCTION @schema@.ledger_guard_balance();
CREATE OR REPLACE TRIGGER ledger_balance_no_truncate
    BEFORE TRUNCATE ON @schema@.ledger_balance
    FOR EACH STATEMENT EXECUTE FUNCTION @schema@.ledger_refuse_change();

-- An account with a floor has its balance row from the start, since the row that an upsert proposes
-- has no floor. A closed one has all of its rows, each fixed at its number of entries: whoever posts
-- to it meets the CHECK `ledger_balance_open`, also when the two are under way at the same time.
-- Like the projection it writes with the rights of the owner, and is in no trigger but these.
CREATE OR REPLACE FUNCTION @schema@.ledger_account_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' AND NEW.floor_minor IS NOT NULL THEN
        INSERT INTO @schema@.ledger_balance (account_id, stripe, floor_minor, normal_side)
        VALUES (
            NEW.id, 0, NEW.floor_minor,
            CASE WHEN NEW.kind IN ('asset', 'expense') THEN 'debit' ELSE 'credit' END
        );
    END IF;
    IF NEW.closed_at IS NOT NULL THEN
        INSERT INTO @schema@.ledger_balance AS b (account_id, stripe, closed_at_count)
        SELECT NEW.id, stripe, 0 FROM generate_series(0, NEW.stripes - 1) AS stripe
        ORDER BY stripe
        ON CONFLICT (account_id, stripe) DO UPDATE SET closed_at_count = b.entry_count;
    END IF;
    RETURN NULL;
END $$;
REVOKE EXECUTE ON FUNCTION @schema@.ledger_account_changed() FROM PUBLIC;
CREATE OR REPLACE TRIGGER ledger_account_opened
    AFTER INSERT ON @schema@.ledger_account
    FOR EACH ROW WHEN (NEW.floor_minor IS NOT NULL OR NEW.closed_at IS NOT NULL)
    EXECUTE FUNCTION @schema@.ledger_account_changed();
CREATE OR REPLACE TRIGGER ledger_account_closed
    AFTER UPDATE OF closed_at ON @schema@.ledger_account
    FOR EACH ROW WHEN (OLD.closed_at IS NULL AND NEW.closed_at IS NOT NULL)
    EXECUTE FUNCTION @schema@.ledger_account_changed();
