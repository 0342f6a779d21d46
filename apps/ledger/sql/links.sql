-- Refuse a new transaction that resolves what is not pending, or before it counts, posts what has
-- expired or more than was reserved, or reverses what moved nothing or by other postings than the
-- opposite ones. (That nothing is resolved or reversed twice is for the unique columns to say.)
CREATE OR REPLACE FUNCTION @schema@.ledger_check_links(
    moment timestamptz, ids text[], effective timestamptz[], resolved text[], reversed text[],
    -- The postings given: their transaction by number, their accounts by id.
    transaction_numbers int[], amounts bigint[], debit_ids text[], credit_ids text[]
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    link record;
BEGIN
    FOR link IN
        -- A transaction that was there before is checked no more.
        SELECT n.number::int, n.effective_at, n.resolves_id, n.reverses_id
        FROM unnest(ids, effective, resolved, reversed)
            WITH ORDINALITY AS n (id, effective_at, resolves_id, reverses_id, number)
        JOIN @schema@.ledger_transaction AS new ON new.id = n.id
        WHERE n.resolves_id IS NOT NULL OR n.reverses_id IS NOT NULL
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
            IF link.number = ANY (transaction_numbers) AND EXISTS (
                SELECT FROM @schema@.ledger_transaction AS t
                WHERE t.id = link.resolves_id AND t.expires_at <= moment
            ) THEN
                RAISE EXCEPTION 'The ledger transaction % has expired.', link.resolves_id
                    USING ERRCODE = 'FC011';
            END IF;
            IF EXISTS (
                SELECT FROM unnest(transaction_numbers, amounts, debit_ids, credit_ids)
                    AS p (number, amount_minor, debit_id, credit_id)
                WHERE p.number = link.number
                GROUP BY p.debit_id, p.credit_id
                HAVING sum(p.amount_minor) > coalesce((
                    SELECT sum(q.amount_minor) FROM @schema@.ledger_posting AS q
                    WHERE q.transaction_id = link.resolves_id AND q.layer = 'pending'
                        AND (q.debit_id, q.credit_id) = (p.debit_id, p.credit_id)
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
                SELECT FROM (
                    SELECT p.debit_id, p.credit_id, sum(p.amount_minor) AS amount_minor
                    FROM unnest(transaction_numbers, amounts, debit_ids, credit_ids)
                        AS p (number, amount_minor, debit_id, credit_id)
                    WHERE p.number = link.number GROUP BY p.debit_id, p.credit_id
                ) AS given
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
