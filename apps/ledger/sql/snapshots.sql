-- Snapshots. Each has the sums of an account's entries that are sealed and effective before its
-- cut-off. Every account that has sealed entries has one at the end of time, with all of them. The
-- others divide what is long: between two there are fewer than twice `per_interval` entries, unless
-- that many are effective at one instant.

-- The last snapshot is written whenever something is sealed: room on the page keeps that off the
-- index.
ALTER TABLE @schema@.ledger_snapshot SET (fillfactor = 70);

CREATE OR REPLACE FUNCTION @schema@.ledger_end_of_time() RETURNS timestamptz
LANGUAGE sql IMMUTABLE AS $$ SELECT '9999-12-31 23:59:59.999999+00'::timestamptz $$;

-- Add the postings after `after_posting`, up to `last_posting`, to the snapshots. The caller has
-- locked the row of `ledger_state`, and moves `sealed_until` in the same transaction.
CREATE OR REPLACE FUNCTION @schema@.ledger_keep_snapshots(
    after_posting bigint, last_posting bigint, per_interval int
) RETURNS void LANGUAGE plpgsql
-- The tables may be young and have no statistics: look rows up by their indexes all the same.
SET enable_seqscan = off
AS $$
DECLARE
    gap record;
BEGIN
    INSERT INTO @schema@.ledger_snapshot (account_id, cut_off_at)
    SELECT DISTINCT e.account_id, @schema@.ledger_end_of_time()
    FROM @schema@.ledger_entry AS e
    WHERE e.posting_id > after_posting AND e.posting_id <= last_posting
    ON CONFLICT (account_id, cut_off_at) DO NOTHING;

    -- The new entries and the cut-offs after the first of them, in one line of time: a snapshot
    -- gets what has run up before its cut-off. Most are effective now, and reach the last one only.
    WITH added AS MATERIALIZED (
        SELECT e.account_id, e.effective_at, e.side, e.layer = 'posted' AS is_posted,
            CASE e.side WHEN 'debit' THEN e.amount_minor ELSE -e.amount_minor END AS minor
        FROM @schema@.ledger_entry AS e
        WHERE e.posting_id > after_posting AND e.posting_id <= last_posting
    ), line AS (
        SELECT account_id, effective_at AS at, false AS is_cut_off, 1 AS entries,
            CASE WHEN side = 'debit' AND is_posted THEN minor ELSE 0 END AS debits,
            CASE WHEN side = 'credit' AND is_posted THEN minor ELSE 0 END AS credits,
            CASE WHEN side = 'debit' AND NOT is_posted THEN minor ELSE 0 END AS pending_debits,
            CASE WHEN side = 'credit' AND NOT is_posted THEN minor ELSE 0 END AS pending_credits
        FROM added
        UNION ALL
        SELECT s.account_id, s.cut_off_at, true, 0, 0, 0, 0, 0
        FROM (SELECT account_id, min(effective_at) AS at FROM added GROUP BY account_id) AS first
        JOIN @schema@.ledger_snapshot AS s
            ON s.account_id = first.account_id AND s.cut_off_at > first.at
    ), run_up AS (
        SELECT account_id, at, is_cut_off, sum(entries) OVER before AS entries,
            sum(debits) OVER before AS debits, sum(credits) OVER before AS credits,
            sum(pending_debits) OVER before AS pending_debits,
            sum(pending_credits) OVER before AS pending_credits
        FROM line
        -- What is effective at the cut-off itself is not before it.
        WINDOW before AS (
            PARTITION BY account_id ORDER BY at, is_cut_off DESC ROWS UNBOUNDED PRECEDING
        )
    )
    UPDATE @schema@.ledger_snapshot AS s SET
        debits_minor = s.debits_minor + r.debits,
        credits_minor = s.credits_minor + r.credits,
        pending_debits_minor = s.pending_debits_minor + r.pending_debits,
        pending_credits_minor = s.pending_credits_minor + r.pending_credits,
        entry_count = s.entry_count + r.entries
    FROM run_up AS r
    WHERE r.is_cut_off AND s.account_id = r.account_id AND s.cut_off_at = r.at;

    FOR gap IN
        SELECT s.account_id, earlier.cut_off_at AS starts_at, s.cut_off_at AS ends_at
        FROM (
            SELECT e.account_id, min(e.effective_at) AS at FROM @schema@.ledger_entry AS e
            WHERE e.posting_id > after_posting AND e.posting_id <= last_posting
            GROUP BY e.account_id
        ) AS first
        JOIN @schema@.ledger_snapshot AS whole
            ON whole.account_id = first.account_id
            AND whole.cut_off_at = @schema@.ledger_end_of_time()
            AND whole.entry_count >= 2 * per_interval
        JOIN @schema@.ledger_snapshot AS s
            ON s.account_id = first.account_id AND s.cut_off_at > first.at
        LEFT JOIN LATERAL (
            SELECT b.cut_off_at, b.entry_count FROM @schema@.ledger_snapshot AS b
            WHERE b.account_id = s.account_id AND b.cut_off_at < s.cut_off_at
            ORDER BY b.cut_off_at DESC LIMIT 1
        ) AS earlier ON true
        WHERE s.entry_count - coalesce(earlier.entry_count, 0) >= 2 * per_interval
    LOOP
        PERFORM @schema@.ledger_divide(
            gap.account_id, gap.starts_at, gap.ends_at, last_posting, per_interval);
    END LOOP;
END $$;

-- Put snapshots between two neighbours, the first of which may be missing (NULL).
CREATE OR REPLACE FUNCTION @schema@.ledger_divide(
    account text, starts_at timestamptz, ends_at timestamptz, last_posting bigint, per_interval int
) RETURNS void LANGUAGE plpgsql
-- Entries are read in the order of the account's index, and no further than asked for: among them
-- may be millions that wait to be sealed.
SET enable_seqscan = off
SET enable_bitmapscan = off
SET enable_sort = off
AS $$
DECLARE
    total bigint;
    counted bigint;
    first_at timestamptz;
    cut_off timestamptz;
BEGIN
    SELECT s.entry_count INTO total FROM @schema@.ledger_snapshot AS s
    WHERE s.account_id = account AND s.cut_off_at = ends_at;
    SELECT s.entry_count INTO counted FROM @schema@.ledger_snapshot AS s
    WHERE s.account_id = account AND s.cut_off_at = starts_at;
    counted := coalesce(counted, 0);
    starts_at := coalesce(starts_at, '-infinity');

    WHILE total - counted >= 2 * per_interval LOOP
        SELECT e.effective_at INTO first_at FROM @schema@.ledger_entry AS e
        WHERE e.account_id = account AND e.effective_at >= starts_at AND e.posting_id <= last_posting
        ORDER BY e.effective_at LIMIT 1;
        SELECT e.effective_at INTO cut_off FROM @schema@.ledger_entry AS e
        WHERE e.account_id = account AND e.effective_at >= starts_at AND e.posting_id <= last_posting
        ORDER BY e.effective_at OFFSET per_interval LIMIT 1;
        IF cut_off = first_at THEN
            -- All of them are effective at one instant. It ends with the next.
            SELECT e.effective_at INTO cut_off FROM @schema@.ledger_entry AS e
            WHERE e.account_id = account AND e.effective_at > first_at
                AND e.posting_id <= last_posting
            ORDER BY e.effective_at LIMIT 1;
        END IF;
        EXIT WHEN cut_off IS NULL OR cut_off >= ends_at;

        INSERT INTO @schema@.ledger_snapshot AS made (
            account_id, cut_off_at, debits_minor, credits_minor, pending_debits_minor,
            pending_credits_minor, entry_count
        )
        SELECT account, cut_off,
            coalesce(before.debits_minor, 0) + coalesce(added.debits, 0),
            coalesce(before.credits_minor, 0) + coalesce(added.credits, 0),
            coalesce(before.pending_debits_minor, 0) + coalesce(added.pending_debits, 0),
            coalesce(before.pending_credits_minor, 0) + coalesce(added.pending_credits, 0),
            counted + added.entries
        FROM (
            SELECT count(*) AS entries,
                sum(e.amount_minor) FILTER (WHERE e.side = 'debit' AND e.layer = 'posted')
                    AS debits,
                -sum(e.amount_minor) FILTER (WHERE e.side = 'credit' AND e.layer = 'posted')
                    AS credits,
                sum(e.amount_minor) FILTER (WHERE e.side = 'debit' AND e.layer <> 'posted')
                    AS pending_debits,
                -sum(e.amount_minor) FILTER (WHERE e.side = 'credit' AND e.layer <> 'posted')
                    AS pending_credits
            FROM @schema@.ledger_entry AS e
            WHERE e.account_id = account AND e.effective_at >= starts_at
                AND e.effective_at < cut_off AND e.posting_id <= last_posting
        ) AS added
        LEFT JOIN @schema@.ledger_snapshot AS before
            ON before.account_id = account AND before.cut_off_at = starts_at
        RETURNING made.entry_count INTO counted;
        starts_at := cut_off;
    END LOOP;
END $$;
