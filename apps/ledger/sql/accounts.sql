-- Open those accounts of the chart that are not there yet.
CREATE OR REPLACE FUNCTION @schema@.ledger_open_all(owner text, openings jsonb)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    missing record;
BEGIN
    -- Whoever opens the same account at this moment is waited for, in the order of the codes.
    INSERT INTO @schema@.ledger_account (
        id, account_id, created_at, metadata, code, currency, kind, name, floor_minor, stripes
    )
    SELECT n.id, coalesce(n.account_id, owner), now(), '{}', n.code, n.currency, n.kind, '',
        n.floor_minor, n.stripes
    FROM jsonb_to_recordset(openings) AS n (
        id text, account_id text, code text, currency text, kind text, floor_minor bigint,
        stripes int
    )
    WHERE n.kind IS NOT NULL AND NOT EXISTS (
        SELECT FROM @schema@.ledger_account AS a WHERE a.code = n.code AND a.currency = n.currency
    )
    ORDER BY n.code COLLATE "C", n.currency COLLATE "C"
    ON CONFLICT (code, currency) DO NOTHING;

    -- A statement of its own: it sees what the other one has committed.
    SELECT n.code, n.currency INTO missing
    FROM jsonb_to_recordset(openings) AS n (code text, currency text)
    WHERE NOT EXISTS (
        SELECT FROM @schema@.ledger_account AS a WHERE a.code = n.code AND a.currency = n.currency
    ) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'There is no ledger account % in %.', missing.code, missing.currency
            USING ERRCODE = 'FC004';
    END IF;
END $$;

-- Return the account with this code, once all that are not there have been opened.
CREATE OR REPLACE FUNCTION @schema@.ledger_open(
    code text, currency text, owner text, openings jsonb
) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    opened_id text;
BEGIN
    FOR attempt IN 1..2 LOOP
        SELECT a.id INTO opened_id FROM @schema@.ledger_account AS a
        WHERE a.code = ledger_open.code AND a.currency = ledger_open.currency;
        EXIT WHEN FOUND;
        PERFORM @schema@.ledger_open_all(owner, openings);
    END LOOP;
    RETURN opened_id;
END $$;

-- Lock the balance rows of accounts that the current backend will update, in the order of the
-- accounts. The statement trigger does so by itself; the row trigger does it for one transaction after
-- the other, so those of a batch must be locked before. With the rights of the owner: whoever posts
-- needs none on balances.
CREATE OR REPLACE FUNCTION @schema@.ledger_lock(account_ids text[])
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    -- `DO UPDATE` locks the row that is there, and `WHERE false` leaves it alone. A row that is not
    -- there is made. Both in one pass, as the projection does it: two passes, one for the rows to
    -- make and one for the rows to lock, would each be in order, and could still meet crosswise.
    INSERT INTO @schema@.ledger_balance (account_id, stripe)
    SELECT DISTINCT a.id, pg_backend_pid() % a.stripes
    FROM unnest(account_ids) AS n (id) JOIN @schema@.ledger_account AS a USING (id)
    ORDER BY a.id
    ON CONFLICT (account_id, stripe) DO UPDATE SET entry_count = 0 WHERE false;
END $$;
