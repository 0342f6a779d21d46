-- The entries: two sides of every posting, signed. A debit is positive, a credit negative; a release
-- is the opposite of the pending posting that it releases. The id is made of the transaction's and
-- of the place of the entry in it, so it needs no column. Two arms, and not one row made two, so
-- that the entries of an account come by its index, in the order in which they are effective.
CREATE OR REPLACE VIEW @schema@.ledger_entry AS
SELECT
    'len' || substr(p.transaction_id, 4) || lpad((2 * p.position)::text, 5, '0')
        COLLATE "C" AS id,
    p.id AS posting_id,
    p.transaction_id,
    p.debit_id AS account_id,
    'debit' AS side,
    CASE p.layer WHEN 'released' THEN -p.amount_minor ELSE p.amount_minor END AS amount_minor,
    p.currency,
    p.layer,
    p.effective_at,
    p.is_shifted
FROM @schema@.ledger_posting AS p
UNION ALL
SELECT
    'len' || substr(p.transaction_id, 4) || lpad((2 * p.position + 1)::text, 5, '0')
        COLLATE "C",
    p.id,
    p.transaction_id,
    p.credit_id,
    'credit',
    CASE p.layer WHEN 'released' THEN p.amount_minor ELSE -p.amount_minor END,
    p.currency,
    p.layer,
    p.effective_at,
    p.is_shifted
FROM @schema@.ledger_posting AS p;
