-- The projection: what a posting does to the balances. One text for both kinds of trigger, so that
-- they mean the same. `statement` adds up all that a statement adds; `row`, for a database whose
-- triggers have no transition tables (Citus), all that it adds to one transaction, when it comes to
-- the first posting of it. So a floor is asked about after the transaction, and not in its middle.
--
-- It writes with the rights of the tables' owner, so that whoever posts needs none on balances. And
-- nobody else may use it in a trigger: over a table of their own it would add up forged postings.
--
-- Every posting of the product comes through here, so what costs time is kept out: a posting that is
-- plainly right is recognised, and the others are left to `ledger_check_posting`; one that comes
-- alone, as most do, is neither grouped nor summed, which takes a tenth of the time of a call.
--
-- Filled in by `installation`: the kind; what is added, as a FROM item; what leaves it to the first
-- posting; for each of what the trigger runs; what is right about a posting `p` of the transaction `t`
-- in the state `s` of the book.

CREATE OR REPLACE FUNCTION @schema@.ledger_projection() RETURNS text
LANGUAGE sql IMMUTABLE AS $$ SELECT '@kind@' $$;

CREATE OR REPLACE FUNCTION @schema@.ledger_project_@kind@() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    alone record;
BEGIN@unless_first@
    SELECT p.amount_minor, debit.id AS debit_id, credit.id AS credit_id,
        pg_backend_pid() % debit.stripes AS debit_stripe,
        pg_backend_pid() % credit.stripes AS credit_stripe
    INTO alone
    FROM @added@ AS p
    JOIN @schema@.ledger_account AS debit ON debit.id = p.debit_id
    JOIN @schema@.ledger_account AS credit ON credit.id = p.credit_id
    JOIN @schema@.ledger_transaction AS t ON t.id = p.transaction_id
    JOIN @schema@.ledger_state AS s ON s.id = 1
    WHERE (SELECT count(*) FROM @added@ AS p) = 1
        AND p.layer = 'posted'@is_right@
        AND debit.currency = p.currency AND credit.currency = p.currency
        AND debit.closed_at IS NULL AND credit.closed_at IS NULL;
    IF FOUND THEN
        INSERT INTO @schema@.ledger_balance AS b (
            account_id, stripe, debits_minor, credits_minor, entry_count
        )
        SELECT e.* FROM (VALUES
            (alone.debit_id, alone.debit_stripe, alone.amount_minor, 0::bigint, 1),
            (alone.credit_id, alone.credit_stripe, 0, alone.amount_minor, 1)
        ) AS e (account_id, stripe, debits_minor, credits_minor, entry_count)
        ORDER BY e.account_id
        ON CONFLICT (account_id, stripe) DO UPDATE SET
            debits_minor = b.debits_minor + excluded.debits_minor,
            credits_minor = b.credits_minor + excluded.credits_minor,
            entry_count = b.entry_count + excluded.entry_count;
        RETURN NULL;
    END IF;

    INSERT INTO @schema@.ledger_balance AS b (
        account_id, stripe, debits_minor, credits_minor, pending_debits_minor,
        pending_credits_minor, entry_count
    )
    SELECT e.account_id, e.stripe,
        @schema@.ledger_sum(e.minor) FILTER (WHERE e.is_debit AND e.layer = 'posted'),
        @schema@.ledger_sum(e.minor) FILTER (WHERE NOT e.is_debit AND e.layer = 'posted'),
        @schema@.ledger_sum(e.minor) FILTER (WHERE e.is_debit AND e.layer <> 'posted'),
        @schema@.ledger_sum(e.minor) FILTER (WHERE NOT e.is_debit AND e.layer <> 'posted'),
        @schema@.ledger_sum(e.entries)
    FROM (
        SELECT a.id AS account_id, pg_backend_pid() % a.stripes AS stripe, is_debit, p.layer,
            CASE p.layer WHEN 'released' THEN -p.amount_minor ELSE p.amount_minor END AS minor,
            CASE WHEN p.layer <> 'released'@is_right@
                AND a.currency = p.currency AND a.closed_at IS NULL
            THEN 1 ELSE @schema@.ledger_check_posting(p.id) END AS entries
        FROM @added@ AS p
        CROSS JOIN (VALUES (true), (false)) AS side (is_debit)
        LEFT JOIN @schema@.ledger_account AS a
            ON a.id = CASE WHEN is_debit THEN p.debit_id ELSE p.credit_id END
        LEFT JOIN @schema@.ledger_transaction AS t ON t.id = p.transaction_id
        LEFT JOIN @schema@.ledger_state AS s ON s.id = 1
    ) AS e
    -- The rows are locked in the order of the accounts' ids, whoever posts: no deadlock.
    GROUP BY e.account_id, e.stripe ORDER BY e.account_id
    ON CONFLICT (account_id, stripe) DO UPDATE SET
        debits_minor = b.debits_minor + excluded.debits_minor,
        credits_minor = b.credits_minor + excluded.credits_minor,
        pending_debits_minor = b.pending_debits_minor + excluded.pending_debits_minor,
        pending_credits_minor = b.pending_credits_minor + excluded.pending_credits_minor,
        entry_count = b.entry_count + excluded.entry_count;
    RETURN NULL;
END $$;

REVOKE EXECUTE ON FUNCTION @schema@.ledger_project_@kind@() FROM PUBLIC;

DROP TRIGGER IF EXISTS ledger_posting_project_statement ON @schema@.ledger_posting;
DROP TRIGGER IF EXISTS ledger_posting_project_row ON @schema@.ledger_posting;
CREATE TRIGGER ledger_posting_project_@kind@
    AFTER INSERT ON @schema@.ledger_posting
    @each@ EXECUTE FUNCTION @schema@.ledger_project_@kind@();
