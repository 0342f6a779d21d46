-- What the projection (projection.sql) asks of each posting.

-- The sum of bigints as a bigint. PostgreSQL's own `sum` of them is numeric, which costs a posting
-- about 10 us; and here 0 is the sum of nothing. Beyond a bigint is an error, not a wrong sum.
CREATE OR REPLACE AGGREGATE @schema@.ledger_sum(bigint) (
    SFUNC = pg_catalog.int8pl, STYPE = bigint, INITCOND = '0'
);

-- Whether a row that we can see was written by the current transaction. Its `xmin` is then the
-- transaction's id or, after a savepoint, that of a subtransaction: a later id, which is still in
-- progress. (We cannot see the rows of anybody else whose transaction is in progress.)
CREATE OR REPLACE FUNCTION @schema@.ledger_is_ours(xmin xid) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN xmin = pg_current_xact_id()::xid THEN true
        WHEN ahead < 2147483648 THEN
            pg_xact_status((pg_current_xact_id()::text::bigint + ahead)::text::xid8)
                = 'in progress'
        ELSE false
    END
    -- By how many ids it is later; ids are counted modulo 2^32, so an earlier one is far ahead.
    FROM (SELECT (xmin::text::bigint - pg_current_xact_id()::text::bigint) & 4294967295)
        AS difference (ahead)
$$;

-- Return 1, the number of entries that one side of a posting is, or refuse the posting and say why.
CREATE OR REPLACE FUNCTION @schema@.ledger_check_posting(posting_id bigint) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    p @schema@.ledger_posting;
    s @schema@.ledger_state;
    a @schema@.ledger_account;
BEGIN
    SELECT * INTO STRICT s FROM @schema@.ledger_state WHERE id = 1;
    IF s.frozen_at IS NOT NULL THEN
        RAISE EXCEPTION 'The ledger is frozen: %', s.frozen_reason USING ERRCODE = 'FC009';
    END IF;
    SELECT * INTO STRICT p FROM @schema@.ledger_posting WHERE id = posting_id;
    IF p.effective_at < s.closed_before THEN
        RAISE EXCEPTION 'Nothing can be posted that is effective before %: the period is closed.',
            to_char(s.closed_before AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
            USING ERRCODE = 'FC010';
    END IF;
    FOR a IN
        SELECT * FROM @schema@.ledger_account WHERE id IN (p.debit_id, p.credit_id)
    LOOP
        IF a.closed_at IS NOT NULL THEN
            RAISE EXCEPTION 'The ledger account % is closed.', a.code USING ERRCODE = 'FC005';
        ELSIF a.currency <> p.currency THEN
            RAISE EXCEPTION 'The ledger account % holds %, not %.', a.code, a.currency, p.currency
                USING ERRCODE = 'FC006';
        END IF;
    END LOOP;
    IF (SELECT count(*) FROM @schema@.ledger_account WHERE id IN (p.debit_id, p.credit_id)) < 2
        OR NOT EXISTS (
            SELECT FROM @schema@.ledger_transaction AS t
            WHERE t.id = p.transaction_id
                AND @schema@.ledger_is_ours(t.xmin)
                AND t.effective_at = p.effective_at
                AND (t.effective_at <> t.created_at) = p.is_shifted
                AND (p.layer <> 'released' OR EXISTS (
                    SELECT FROM @schema@.ledger_posting AS pending
                    WHERE pending.transaction_id = t.resolves_id
                        AND pending.position = p.position
                        AND pending.layer = 'pending'
                        AND (pending.debit_id, pending.credit_id, pending.amount_minor)
                            = (p.debit_id, p.credit_id, p.amount_minor)
                ))
        )
    THEN
        RAISE EXCEPTION 'A posting has no account, or no transaction of this moment to belong to: '
            'that was committed before, is effective at another time, or releases no such pending '
            'posting.' USING ERRCODE = 'FC003';
    END IF;
    RETURN 1;
END $$;
