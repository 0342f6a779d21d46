-- The projection: what a posting does to the balances. One text for both kinds of trigger, so that
-- they mean the same. `statement` adds up all that a statement adds; `row`, for a database whose
-- triggers have no transition tables (Citus), all that it adds to one transaction, when it comes to
-- the first posting of it. So a floor is asked about after the transaction, and not in its middle.
--
-- It writes with the rights of the tables' owner, so that whoever posts needs none on balances. And
-- nobody else may use it in a trigger: over a table of their own it would add up forged postings.
--
-- Filled in by `installation`: the kind; what is added, as a FROM item; whether it is done already;
-- for each of what the trigger runs.

CREATE OR REPLACE FUNCTION @schema@.ledger_projection() RETURNS text
LANGUAGE sql IMMUTABLE AS $$ SELECT '@kind@' $$;

CREATE OR REPLACE FUNCTION @schema@.ledger_project_@kind@() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    is_valid boolean;
    refused record;
BEGIN
    IF @is_done@ THEN
        RETURN NULL;
    END IF;

    WITH entries AS MATERIALIZED (
        SELECT
            a.id AS account_id,
            pg_backend_pid() % a.stripes AS stripe,
            CASE p.layer WHEN 'posted' THEN e.debit ELSE 0 END AS debit,
            CASE p.layer WHEN 'posted' THEN e.credit ELSE 0 END AS credit,
            CASE p.layer WHEN 'pending' THEN e.debit WHEN 'released' THEN -e.debit ELSE 0 END
                AS pending_debit,
            CASE p.layer WHEN 'pending' THEN e.credit WHEN 'released' THEN -e.credit ELSE 0 END
                AS pending_credit
        FROM @added@ AS p
        CROSS JOIN LATERAL (
            VALUES (p.debit_id, p.amount_minor, 0), (p.credit_id, 0, p.amount_minor)
        ) AS e (account_id, debit, credit)
        JOIN @schema@.ledger_account AS a
            ON a.id = e.account_id AND a.currency = p.currency AND a.closed_at IS NULL
        JOIN @schema@.ledger_transaction AS t
            ON t.id = p.transaction_id
            AND t.effective_at = p.effective_at
            AND (t.effective_at <> t.created_at) = p.is_shifted
            AND @schema@.ledger_is_ours(t.xmin)
        JOIN @schema@.ledger_state AS s
            ON s.id = 1 AND s.frozen_at IS NULL
            AND (s.closed_before IS NULL OR t.effective_at >= s.closed_before)
        WHERE p.layer <> 'released' OR EXISTS (
            SELECT FROM @schema@.ledger_posting AS pending
            WHERE pending.transaction_id = t.resolves_id
                AND pending.position = p.position
                AND pending.layer = 'pending'
                AND (pending.debit_id, pending.credit_id, pending.amount_minor)
                    = (p.debit_id, p.credit_id, p.amount_minor)
        )
    ), projected AS (
        -- The rows are locked in the order of the accounts' ids, whoever posts: no deadlock.
        INSERT INTO @schema@.ledger_balance AS b (
            account_id, stripe, debits_minor, credits_minor, pending_debits_minor,
            pending_credits_minor, entry_count
        )
        SELECT account_id, stripe, sum(debit), sum(credit), sum(pending_debit),
            sum(pending_credit), count(*)
        FROM entries GROUP BY account_id, stripe ORDER BY account_id
        ON CONFLICT (account_id, stripe) DO UPDATE SET
            debits_minor = b.debits_minor + excluded.debits_minor,
            credits_minor = b.credits_minor + excluded.credits_minor,
            pending_debits_minor = b.pending_debits_minor + excluded.pending_debits_minor,
            pending_credits_minor = b.pending_credits_minor + excluded.pending_credits_minor,
            entry_count = b.entry_count + excluded.entry_count
    )
    SELECT (SELECT count(*) FROM entries) = 2 * (SELECT count(*) FROM @added@ AS p) INTO is_valid;
    IF is_valid THEN
        RETURN NULL;
    END IF;

    -- An entry dropped out of the joins. Say which one, and why.
    SELECT s.frozen_at, s.frozen_reason INTO refused FROM @schema@.ledger_state AS s
    WHERE s.frozen_at IS NOT NULL;
    IF FOUND THEN
        RAISE EXCEPTION 'The ledger is frozen: %', refused.frozen_reason USING ERRCODE = 'FC009';
    END IF;
    SELECT s.closed_before INTO refused
    FROM @added@ AS p JOIN @schema@.ledger_state AS s ON p.effective_at < s.closed_before LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'Nothing can be posted that is effective before %: the period is closed.',
            to_char(refused.closed_before AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
            USING ERRCODE = 'FC010';
    END IF;
    SELECT p.transaction_id, p.currency, a.code, a.currency AS held, a.closed_at INTO refused
    FROM @added@ AS p
    CROSS JOIN LATERAL (VALUES (p.debit_id), (p.credit_id)) AS e (account_id)
    JOIN @schema@.ledger_account AS a ON a.id = e.account_id
    WHERE a.closed_at IS NOT NULL OR a.currency <> p.currency LIMIT 1;
    IF refused.closed_at IS NOT NULL THEN
        RAISE EXCEPTION 'The ledger account % is closed.', refused.code USING ERRCODE = 'FC005';
    ELSIF refused.held IS NOT NULL THEN
        RAISE EXCEPTION 'The ledger account % holds %, not %.', refused.code, refused.held,
            refused.currency USING ERRCODE = 'FC006';
    END IF;
    RAISE EXCEPTION 'A posting has no account, or no transaction of this moment to belong to: that '
        'was committed before, is effective at another time, or releases no such pending posting.'
        USING ERRCODE = 'FC003';
END $$;

REVOKE EXECUTE ON FUNCTION @schema@.ledger_project_@kind@() FROM PUBLIC;

DROP TRIGGER IF EXISTS ledger_posting_project_statement ON @schema@.ledger_posting;
DROP TRIGGER IF EXISTS ledger_posting_project_row ON @schema@.ledger_posting;
CREATE TRIGGER ledger_posting_project_@kind@
    AFTER INSERT ON @schema@.ledger_posting
    @each@ EXECUTE FUNCTION @schema@.ledger_project_@kind@();
