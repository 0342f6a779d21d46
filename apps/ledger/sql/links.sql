-- Refuse a new transaction that resolves what is not pending, or reverses what is not there. (That
-- nothing is resolved or reversed twice is for the unique columns to say.)
CREATE OR REPLACE FUNCTION @schema@.ledger_check_links(
    ids text[], resolved text[], reversed text[]
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    wrong record;
BEGIN
    SELECT n.resolves_id, n.reverses_id INTO wrong
    FROM unnest(ids, resolved, reversed) AS n (id, resolves_id, reverses_id)
    JOIN @schema@.ledger_transaction AS new ON new.id = n.id
    WHERE n.resolves_id IS NOT NULL AND NOT EXISTS (
            SELECT FROM @schema@.ledger_posting AS p
            WHERE p.transaction_id = n.resolves_id AND p.layer = 'pending'
        )
        OR n.reverses_id IS NOT NULL AND NOT EXISTS (
            SELECT FROM @schema@.ledger_transaction AS t WHERE t.id = n.reverses_id
        )
    LIMIT 1;
    IF NOT FOUND THEN
        RETURN;
    ELSIF wrong.resolves_id IS NOT NULL THEN
        RAISE EXCEPTION 'The ledger transaction % is not pending.', wrong.resolves_id
            USING ERRCODE = 'FC007';
    END IF;
    RAISE EXCEPTION 'No such ledger transaction: %', wrong.reverses_id USING ERRCODE = 'FC008';
END $$;
