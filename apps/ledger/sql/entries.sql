-- The entries: two sides of every posting, signed. A debit is positive, a credit negative; a release
-- is the opposite of the pending posting that it releases. The id is made of the transaction's and
-- of the place of the entry in it, so it needs no column.
CREATE OR REPLACE VIEW @schema@.ledger_entry AS
SELECT
    'len' || substr(p.transaction_id, 4) || lpad((2 * p.position + side.place)::text, 5, '0')
        COLLATE "C" AS id,
    p.id AS posting_id,
    p.transaction_id,
    side.account_id,
    side.name AS side,
    side.sign * CASE p.layer WHEN 'released' THEN -p.amount_minor ELSE p.amount_minor END
        AS amount_minor,
    p.currency,
    p.layer,
    p.effective_at
FROM @schema@.ledger_posting AS p
CROSS JOIN LATERAL (
    VALUES (0, 'debit', 1, p.debit_id), (1, 'credit', -1, p.credit_id)
) AS side (place, name, sign, account_id);
