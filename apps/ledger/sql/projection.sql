-- The projection: what a posting does to the balances. One text for both kinds of trigger, so that
-- they mean the same. `statement` adds up all new postings in one go; `row` is for a database whose
-- triggers have no transition tables (Citus).
--
-- @kind@ is the kind; @added@ what is new, as a FROM item; @each@ the tail of CREATE TRIGGER.

CREATE OR REPLACE FUNCTION @schema@.ledger_projection() RETURNS text
LANGUAGE sql IMMUTABLE AS $$ SELECT '@kind@' $$;

CREATE OR REPLACE FUNCTION @schema@.ledger_project_@kind@() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    refused record;
BEGIN
    SELECT
        p.transaction_id,
        p.currency,
        t.id IS NULL OR d.id IS NULL OR c.id IS NULL AS is_missing,
        coalesce(d.closed_at, c.closed_at) IS NOT NULL AS is_closed,
        (p.currency, p.currency) <> (d.currency, c.currency) AS is_other_currency,
        CASE WHEN d.closed_at IS NOT NULL OR d.currency <> p.currency THEN d.code ELSE c.code END
            AS code
    INTO refused
    FROM @added@ AS p
    LEFT JOIN @schema@.ledger_transaction AS t ON t.id = p.transaction_id
    LEFT JOIN @schema@.ledger_account AS d ON d.id = p.debit_id
    LEFT JOIN @schema@.ledger_account AS c ON c.id = p.credit_id
    -- A missing row makes the condition NULL, which is not true either.
    WHERE (
        @schema@.ledger_is_ours(t.xmin)
        AND t.effective_at = p.effective_at
        AND d.currency = p.currency
        AND c.currency = p.currency
        AND d.closed_at IS NULL
        AND c.closed_at IS NULL
        AND (
            p.layer <> 'released'
            OR EXISTS (
                SELECT FROM @schema@.ledger_posting AS pending
                WHERE pending.transaction_id = t.resolves_id
                    AND pending.position = p.position
                    AND pending.layer = 'pending'
                    AND (pending.debit_id, pending.credit_id, pending.amount_minor)
                        = (p.debit_id, p.credit_id, p.amount_minor)
            )
        )
    ) IS NOT TRUE
    LIMIT 1;
    IF FOUND THEN
        IF refused.is_missing THEN
            RAISE EXCEPTION 'A posting of % names an account or transaction that is not there.',
                refused.transaction_id USING ERRCODE = 'FC003';
        ELSIF refused.is_closed THEN
            RAISE EXCEPTION 'The ledger account % is closed.', refused.code
                USING ERRCODE = 'FC005';
        ELSIF refused.is_other_currency THEN
            RAISE EXCEPTION 'The ledger account % does not hold %.', refused.code, refused.currency
                USING ERRCODE = 'FC006';
        END IF;
        RAISE EXCEPTION 'A posting does not belong to %: that was committed before, is effective '
            'at another time, or has no such pending posting.', refused.transaction_id
            USING ERRCODE = 'FC003';
    END IF;

    -- The rows are locked in the order of the accounts' ids, whoever posts: no deadlock.
    INSERT INTO @schema@.ledger_balance AS b (
        account_id, stripe, debits_minor, credits_minor, pending_debits_minor,
        pending_credits_minor, entry_count
    )
    SELECT
        a.id,
        pg_backend_pid() % a.stripes,
        sum(CASE WHEN e.layer = 'posted' THEN e.debit ELSE 0 END),
        sum(CASE WHEN e.layer = 'posted' THEN e.credit ELSE 0 END),
        sum(CASE e.layer WHEN 'pending' THEN e.debit WHEN 'released' THEN -e.debit ELSE 0 END),
        sum(CASE e.layer WHEN 'pending' THEN e.credit WHEN 'released' THEN -e.credit ELSE 0 END),
        count(*)
    FROM (
        SELECT debit_id, layer, amount_minor, 0 FROM @added@ AS p
        UNION ALL
        SELECT credit_id, layer, 0, amount_minor FROM @added@ AS p
    ) AS e (account_id, layer, debit, credit)
    JOIN @schema@.ledger_account AS a ON a.id = e.account_id
    GROUP BY a.id, a.stripes
    ORDER BY a.id
    ON CONFLICT (account_id, stripe) DO UPDATE SET
        debits_minor = b.debits_minor + excluded.debits_minor,
        credits_minor = b.credits_minor + excluded.credits_minor,
        pending_debits_minor = b.pending_debits_minor + excluded.pending_debits_minor,
        pending_credits_minor = b.pending_credits_minor + excluded.pending_credits_minor,
        entry_count = b.entry_count + excluded.entry_count;
    RETURN NULL;
END $$;

DROP TRIGGER IF EXISTS ledger_posting_project_statement ON @schema@.ledger_posting;
DROP TRIGGER IF EXISTS ledger_posting_project_row ON @schema@.ledger_posting;
CREATE TRIGGER ledger_posting_project_@kind@
    AFTER INSERT ON @schema@.ledger_posting
    @each@ EXECUTE FUNCTION @schema@.ledger_project_@kind@();
