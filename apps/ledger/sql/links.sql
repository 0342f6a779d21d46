-- Refuse a new transaction that resolves what is not pending, or before it counts, posts what has
-- expired or more than was reserved, or reverses what moved nothing or by other postings than the
-- opposite ones. (That nothing is resolved or reversed twice is for the unique columns to say.)
CREATE OR REPLACE FUNCTION @schema@.ledger_check_links(
    moment timestamptz, transactions jsonb, postings jsonb  -- as those of ledger_post
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    -- The postings of each transaction, by its id.
    postings_of jsonb := (
        SELECT coalesce(jsonb_object_agg(of_one.id, of_one.postings), '{}') FROM (
            SELECT p ->> 'transaction_id' AS id, jsonb_agg(p) AS postings
            FROM jsonb_array_elements(ledger_check_links.postings) AS p GROUP BY p ->> 'transaction_id'
        ) AS of_one
    );
    link record;
BEGIN
    FOR link IN
        -- A transaction that was there before is checked no more. (Ids are in the order given.)
        SELECT n.id, n.effective_at, n.resolves_id, n.reverses_id
        FROM jsonb_to_recordset(transactions) AS n (
            id text, effective_at timestamptz, resolves_id text, reverses_id text
        )
        JOIN @schema@.ledger_transaction AS new ON new.id = n.id
        WHERE n.resolves_id IS NOT NULL OR n.reverses_id IS NOT NULL
        ORDER BY new.id
    LOOP
        IF link.resolves_id IS NOT NULL THEN
            IF NOT EXISTS (
                SELECT FROM @schema@.ledger_posting AS p
                WHERE p.transaction_id = link.resolves_id AND p.layer = 'pending'
            ) THEN
                RAISE EXCEPTION 'The ledger transaction % is not pending.', link.resolves_id
                    USING ERRCODE = 'FC007';
            END IF;
            -- Else less than nothing would be reserved in between. Whoever gives an instant of a
            -- second means all of it.
            IF EXISTS (
                SELECT FROM @schema@.ledger_transaction AS t
                WHERE t.id = link.resolves_id
                    AND link.effective_at < date_trunc('second', t.effective_at)
            ) THEN
                RAISE EXCEPTION 'The ledger transaction % does not count so early.',
                    link.resolves_id USING ERRCODE = 'FC014';
            END IF;
            IF postings_of ? link.id AND EXISTS (
                SELECT FROM @schema@.ledger_transaction AS t
                WHERE t.id = link.resolves_id AND t.expires_at <= moment
            ) THEN
                RAISE EXCEPTION 'The ledger transaction % has expired.', link.resolves_id
                    USING ERRCODE = 'FC011';
            END IF;
            IF EXISTS (
                SELECT FROM @schema@.ledger_moved(postings_of -> link.id) AS given
                WHERE given.amount_minor > coalesce((
                    SELECT sum(q.amount_minor) FROM @schema@.ledger_posting AS q
                    WHERE q.transaction_id = link.resolves_id AND q.layer = 'pending'
                        AND (q.debit_id, q.credit_id) = (given.debit_id, given.credit_id)
                ), 0)
            ) THEN
                RAISE EXCEPTION 'More would be posted than % has reserved.', link.resolves_id
                    USING ERRCODE = 'FC012';
            END IF;
        END IF;
        IF link.reverses_id IS NOT NULL THEN
            IF NOT EXISTS (
                SELECT FROM @schema@.ledger_transaction AS t WHERE t.id = link.reverses_id
            ) THEN
                RAISE EXCEPTION 'No such ledger transaction: %', link.reverses_id
                    USING ERRCODE = 'FC008';
            END IF;
            IF NOT EXISTS (
                SELECT FROM @schema@.ledger_posting AS p
                WHERE p.transaction_id = link.reverses_id AND p.layer = 'posted'
            ) THEN
                RAISE EXCEPTION 'The ledger transaction % moved nothing.', link.reverses_id
                    USING ERRCODE = 'FC013';
            END IF;
            IF EXISTS (
                SELECT FROM @schema@.ledger_moved(postings_of -> link.id) AS given
                FULL JOIN (
                    SELECT q.debit_id, q.credit_id, sum(q.amount_minor) AS amount_minor
                    FROM @schema@.ledger_posting AS q
                    WHERE q.transaction_id = link.reverses_id AND q.layer = 'posted'
                    GROUP BY q.debit_id, q.credit_id
                ) AS there
                    ON (given.debit_id, given.credit_id) = (there.credit_id, there.debit_id)
                WHERE given.amount_minor IS DISTINCT FROM there.amount_minor
            ) THEN
                RAISE EXCEPTION 'A reversal undoes what % moved, all of it and nothing else.',
                    link.reverses_id USING ERRCODE = 'FC003';
            END IF;
        END IF;
    END LOOP;
END $$;

-- What postings move between each two accounts. Nothing, when they are NULL.
CREATE OR REPLACE FUNCTION @schema@.ledger_moved(postings jsonb)
RETURNS TABLE (debit_id text, credit_id text, amount_minor numeric) LANGUAGE sql STABLE AS $$
    SELECT debit.id, credit.id, sum(p.amount_minor)
    FROM jsonb_to_recordset(postings) AS p (
        debit text, credit text, amount_minor bigint, currency text
    )
    JOIN @schema@.ledger_account AS debit ON debit.code = p.debit AND debit.currency = p.currency
    JOIN @schema@.ledger_account AS credit ON credit.code = p.credit AND credit.currency = p.currency
    GROUP BY debit.id, credit.id
$$;

-- What is resolved is released, by postings of the transaction that resolves it, each in the place
-- that the pending one has. Returns those postings, as those of ledger_post.
CREATE OR REPLACE FUNCTION @schema@.ledger_releases(transactions jsonb)
RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT coalesce(jsonb_agg(jsonb_build_object(
        'transaction_id', t.id,
        'position', p.position,
        'debit', debit.code,
        'credit', credit.code,
        'currency', p.currency,
        'amount_minor', p.amount_minor,
        'layer', 'released'
    )), '[]')
    FROM jsonb_to_recordset(transactions) AS n (id text, resolves_id text)
    JOIN @schema@.ledger_transaction AS t ON t.id = n.id
    JOIN @schema@.ledger_posting AS p ON p.transaction_id = n.resolves_id AND p.layer = 'pending'
    JOIN @schema@.ledger_account AS debit ON debit.id = p.debit_id
    JOIN @schema@.ledger_account AS credit ON credit.id = p.credit_id
$$;
