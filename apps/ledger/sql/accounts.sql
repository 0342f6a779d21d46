-- Find the accounts of `codes` and `currencies`; open those of the chart that are not there yet.
-- Returns their ids in the order given.
CREATE OR REPLACE FUNCTION @schema@.ledger_accounts(
    new_ids text[], codes text[], currencies text[], kinds text[], floors bigint[],
    stripe_counts int[], owners text[], owner text
) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
    found text[];
    missing int;
BEGIN
    found := ARRAY(
        SELECT a.id FROM unnest(codes, currencies) WITH ORDINALITY AS n (code, currency, place)
        LEFT JOIN @schema@.ledger_account AS a USING (code, currency) ORDER BY n.place
    );
    IF array_position(found, NULL) IS NULL THEN
        RETURN found;
    END IF;

    -- Whoever opens the same account at this moment is waited for, in the order of the codes.
    INSERT INTO @schema@.ledger_account (
        id, account_id, created_at, metadata, code, currency, kind, name, floor_minor, stripes
    )
    SELECT n.id, coalesce(n.owner, ledger_accounts.owner), now(), '{}', n.code, n.currency, n.kind,
        '', n.floor_minor, n.stripes
    FROM unnest(new_ids, codes, currencies, kinds, floors, stripe_counts, owners)
        WITH ORDINALITY AS n (id, code, currency, kind, floor_minor, stripes, owner, place)
    WHERE found[n.place] IS NULL AND n.kind IS NOT NULL
    ORDER BY n.code, n.currency
    ON CONFLICT (code, currency) DO NOTHING;

    -- A statement of its own: it sees what the other one has committed.
    found := ARRAY(
        SELECT a.id FROM unnest(codes, currencies) WITH ORDINALITY AS n (code, currency, place)
        LEFT JOIN @schema@.ledger_account AS a USING (code, currency) ORDER BY n.place
    );
    missing := array_position(found, NULL);
    IF missing IS NOT NULL THEN
        RAISE EXCEPTION 'There is no ledger account % in %.', codes[missing], currencies[missing]
            USING ERRCODE = 'FC004';
    END IF;
    RETURN found;
END $$;

-- Lock the balance rows that postings between these accounts will update, in the order of the
-- accounts. The statement trigger does so by itself; the row trigger does it for one transaction
-- after the other, so those of a batch must be locked before. With the rights of the owner: whoever
-- posts needs none on balances.
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
