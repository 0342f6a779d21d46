-- Post any number of transactions, all or none, in one call. Returns NULL when all are new, and else
-- an object: for each one that is not, the id that was proposed, with the id of the transaction that
-- has its reference.
--
-- Locks are taken in one order by everybody, so that no two callers wait for each other: what the
-- transactions claim (what they resolve, what they reverse, their reference; the caller sorts them),
-- new accounts by code, balance rows by account. Postings are written in the order given.
--
-- Every name is qualified with the schema of the environment (`@schema@`, filled in when the
-- function is made), so that the caller's search_path decides nothing. The other way, `SET
-- search_path` on every function, costs about 6 us a call on PostgreSQL 15 (nothing on 18). Those
-- that run with the rights of the owner do it all the same: they must not be led astray.
CREATE OR REPLACE FUNCTION @schema@.ledger_post(
    -- The merchant account that posts, and its clock, by which pending transactions expire.
    owner text, moment timestamptz,
    -- The accounts that the postings name, each once, with what is needed to open one that is not
    -- there; an account that the chart does not know has no kind.
    openings jsonb,
    -- As the columns of the tables are called, except that a posting has its accounts by their codes.
    -- A transaction that is effective at no given time is so at the time at which it is recorded.
    transactions jsonb, postings jsonb
) RETURNS jsonb LANGUAGE plpgsql
-- The lists have unknown lengths, and young tables no statistics: PostgreSQL would plan every
-- statement anew at every call, or read tables from end to end. Plan once, and look every row up by
-- its index.
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
AS $$
DECLARE
    new_count int;
    reused text;
BEGIN
    INSERT INTO @schema@.ledger_transaction AS t (
        id, account_id, created_at, metadata, details, source_id, reference, fingerprint,
        effective_at, expires_at, resolves_id, reverses_id
    )
    SELECT n.id, owner, now(), n.metadata, n.details, n.source_id, n.reference, n.fingerprint,
        greatest(coalesce(n.effective_at, now()), CASE WHEN n.resolves_id IS NOT NULL THEN (
            SELECT p.effective_at FROM @schema@.ledger_transaction AS p WHERE p.id = n.resolves_id
        ) END),
        n.expires_at, n.resolves_id, n.reverses_id
    FROM jsonb_to_recordset(transactions) AS n (
        id varchar(64), reference varchar(200), fingerprint bytea, effective_at timestamptz,
        expires_at timestamptz, resolves_id varchar(64), reverses_id varchar(64),
        source_id varchar(64), details jsonb, metadata jsonb
    )
    ON CONFLICT (reference) DO NOTHING;
    GET DIAGNOSTICS new_count = ROW_COUNT;

    IF new_count < jsonb_array_length(transactions) THEN
        SELECT n.reference INTO reused
        FROM jsonb_to_recordset(transactions) AS n (reference text, fingerprint bytea)
        JOIN @schema@.ledger_transaction AS t USING (reference)
        WHERE t.fingerprint <> n.fingerprint LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION 'The reference % names a transaction that moved something else.', reused
                USING ERRCODE = 'FC001';
        END IF;
        -- What was there before is posted no more.
        postings := coalesce((
            SELECT jsonb_agg(p.posting ORDER BY p.place)
            FROM jsonb_array_elements(postings) WITH ORDINALITY AS p (posting, place)
            JOIN @schema@.ledger_transaction AS t ON t.id = p.posting ->> 'transaction_id'
        ), '[]');
    END IF;

    IF transactions @? '$[*] ? (exists (@.resolves_id) || exists (@.reverses_id))' THEN
        PERFORM @schema@.ledger_open_all(owner, openings);
        PERFORM @schema@.ledger_check_links(moment, transactions, postings);
        -- What is resolved is released first. (Ids are in the order of the transactions given.)
        postings := (
            SELECT jsonb_agg(
                p || jsonb_build_object('effective_at', t.effective_at)
                ORDER BY t.id, (p -> 'position')::int
            )
            FROM jsonb_array_elements(@schema@.ledger_releases(transactions) || postings) AS p
            JOIN @schema@.ledger_transaction AS t ON t.id = p ->> 'transaction_id'
        );
    END IF;
    IF @schema@.ledger_projection() = 'row' AND new_count > 1 THEN
        PERFORM @schema@.ledger_open_all(owner, openings);
        PERFORM @schema@.ledger_lock(ARRAY(
            SELECT a.id
            FROM jsonb_to_recordset(postings) AS p (debit text, credit text, currency text)
            JOIN @schema@.ledger_account AS a
                ON a.code IN (p.debit, p.credit) AND a.currency = p.currency
        ));
    END IF;

    -- One statement, so that the trigger locks all balance rows in one go. The first account that is
    -- not there opens all that are not.
    INSERT INTO @schema@.ledger_posting (
        transaction_id, position, debit_id, credit_id, amount_minor, currency, layer, effective_at,
        is_shifted, debit_line, credit_line
    )
    SELECT n.transaction_id, n.position,
        coalesce(debit.id, @schema@.ledger_open(n.debit, n.currency, owner, openings)),
        coalesce(credit.id, @schema@.ledger_open(n.credit, n.currency, owner, openings)),
        n.amount_minor, n.currency, n.layer, coalesce(n.effective_at, now()),
        coalesce(n.effective_at <> now(), false), n.debit_line, n.credit_line
    FROM jsonb_to_recordset(postings) AS n (
        transaction_id varchar(64), position smallint, debit text, credit text,
        amount_minor bigint, currency varchar(3), layer varchar(8), effective_at timestamptz,
        debit_line smallint, credit_line smallint
    )
    LEFT JOIN @schema@.ledger_account AS debit
        ON debit.code = n.debit AND debit.currency = n.currency
    LEFT JOIN @schema@.ledger_account AS credit
        ON credit.code = n.credit AND credit.currency = n.currency;

    IF new_count = jsonb_array_length(transactions) THEN
        RETURN NULL;
    END IF;
    RETURN (
        SELECT jsonb_object_agg(n.id, t.id)
        FROM jsonb_to_recordset(transactions) AS n (id text, reference text)
        JOIN @schema@.ledger_transaction AS t USING (reference)
        WHERE t.id <> n.id
    );
END $$;
