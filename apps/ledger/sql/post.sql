-- Post any number of transactions, all or none, in one call. Returns, for each in the order given,
-- the id of the transaction that has its reference, and whether it is new.
--
-- Locks are taken in one order by everybody, so that no two callers wait for each other: what the
-- transactions claim (what they resolve, what they reverse, their reference), new accounts by code,
-- balance rows by account. Postings are written in the order given.
--
-- Every name is qualified with the schema of the environment (`@schema@`, filled in when the
-- function is made), so that the caller's search_path decides nothing. The other way, `SET
-- search_path` on every function, costs about 6 us a call on PostgreSQL 15 (nothing on 18). Those
-- that run with the rights of the owner do it all the same: they must not be led astray.
CREATE OR REPLACE FUNCTION @schema@.ledger_post(
    -- The accounts that the postings name, each once. What is needed to open one that is not there
    -- has a NULL kind where the chart does not know the code.
    new_account_ids text[], codes text[], currencies text[], kinds text[], floors bigint[],
    stripe_counts int[], owners text[],
    -- The transactions. `moment` is the clock of the caller, by which pending transactions expire. A transaction that
    -- is effective at no given time is so at the time at which it is recorded.
    owner text, moment timestamptz, ids text[], refs text[], fingerprints bytea[],
    effective timestamptz[], expiries timestamptz[], resolved text[], reversed text[],
    sources text[], details text[], metadatas text[],
    -- The postings: their transaction and accounts by number, from 1, in the lists above.
    transaction_numbers int[], positions int[], debit_numbers int[], credit_numbers int[],
    amounts bigint[], layers text[], debit_lines int[], credit_lines int[]
) RETURNS TABLE (id text, is_new boolean) LANGUAGE plpgsql
-- The lists have unknown lengths, for which PostgreSQL would plan every statement anew at every call,
-- and, while the tables are young and have no statistics, would read them from end to end. Plan
-- once, and look every row up by its index.
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
AS $$
DECLARE
    new_count int;
    account_ids text[];
    pending record;
    refused record;
BEGIN
    INSERT INTO @schema@.ledger_transaction AS t (
        id, account_id, created_at, metadata, details, source_id, reference, fingerprint,
        effective_at, expires_at, resolves_id, reverses_id
    )
    SELECT n.id, owner, now(), n.metadata::jsonb, n.details::jsonb, n.source_id, n.reference,
        n.fingerprint,
        greatest(coalesce(n.effective_at, now()), CASE WHEN n.resolves_id IS NOT NULL THEN (
            SELECT p.effective_at FROM @schema@.ledger_transaction AS p WHERE p.id = n.resolves_id
        ) END),
        n.expires_at, n.resolves_id, n.reverses_id
    FROM unnest(ids, refs, fingerprints, effective, expiries, resolved, reversed, sources, details,
                metadatas)
        WITH ORDINALITY AS n (
            id, reference, fingerprint, effective_at, expires_at, resolves_id, reverses_id,
            source_id, details, metadata, place
        )
    ORDER BY n.resolves_id COLLATE "C" NULLS FIRST, n.reverses_id COLLATE "C" NULLS FIRST,
        n.reference COLLATE "C", n.place
    ON CONFLICT (reference) DO NOTHING;
    GET DIAGNOSTICS new_count = ROW_COUNT;

    IF new_count < cardinality(ids) THEN
        SELECT n.reference INTO refused
        FROM unnest(refs, fingerprints) AS n (reference, fingerprint)
        JOIN @schema@.ledger_transaction AS t USING (reference)
        WHERE t.fingerprint <> n.fingerprint LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION 'The reference % names a transaction that moved something else.',
                refused.reference USING ERRCODE = 'FC001';
        END IF;
    END IF;

    IF new_count > 0 THEN
        account_ids := @schema@.ledger_accounts(
            new_account_ids, codes, currencies, kinds, floors, stripe_counts, owners, owner);
        IF array_remove(resolved || reversed, NULL) <> '{}' THEN
            PERFORM @schema@.ledger_check_links(
                moment, ids, effective, resolved, reversed, transaction_numbers, amounts,
                debit_ids => ARRAY(SELECT account_ids[n] FROM unnest(debit_numbers) AS n),
                credit_ids => ARRAY(SELECT account_ids[n] FROM unnest(credit_numbers) AS n));
            -- What is resolved is released: as postings of the transaction that resolves it, each
            -- in the place that the pending one has.
            FOR pending IN
                SELECT n.number, p.position, p.debit_id, p.credit_id, p.currency, p.amount_minor
                FROM unnest(ids, resolved) WITH ORDINALITY AS n (id, resolves_id, number)
                JOIN @schema@.ledger_transaction AS t ON t.id = n.id
                JOIN @schema@.ledger_posting AS p
                    ON p.transaction_id = n.resolves_id AND p.layer = 'pending'
                WHERE n.resolves_id IS NOT NULL
            LOOP
                account_ids := account_ids || pending.debit_id::text || pending.credit_id::text;
                currencies := currencies || pending.currency::text || pending.currency::text;
                transaction_numbers := transaction_numbers || pending.number::int;
                positions := positions || pending.position::int;
                debit_numbers := debit_numbers || cardinality(account_ids) - 1;
                credit_numbers := credit_numbers || cardinality(account_ids);
                amounts := amounts || pending.amount_minor;
                layers := layers || 'released'::text;
                debit_lines := debit_lines || NULL::int;
                credit_lines := credit_lines || NULL::int;
            END LOOP;
        END IF;
        IF @schema@.ledger_projection() = 'row' AND new_count > 1 THEN
            PERFORM @schema@.ledger_lock(account_ids);
        END IF;

        -- One statement, so that the trigger locks all balance rows in one go. The ids of
        -- transactions that were there before are not in the table, so their postings drop out.
        INSERT INTO @schema@.ledger_posting (
            transaction_id, position, debit_id, credit_id, amount_minor, currency, layer,
            effective_at, is_shifted, debit_line, credit_line
        )
        SELECT t.id, n.position, account_ids[n.debit], account_ids[n.credit], n.amount_minor,
            currencies[n.debit], n.layer, t.effective_at, t.effective_at <> t.created_at,
            n.debit_line, n.credit_line
        FROM unnest(transaction_numbers, positions, debit_numbers, credit_numbers, amounts, layers,
                    debit_lines, credit_lines)
            AS n (number, position, debit, credit, amount_minor, layer, debit_line, credit_line)
        JOIN @schema@.ledger_transaction AS t ON t.id = ids[n.number]
        ORDER BY n.number, n.position;
    END IF;

    IF new_count = cardinality(ids) THEN
        RETURN QUERY SELECT n.id, true FROM unnest(ids) AS n (id);
    ELSE
        RETURN QUERY
        SELECT t.id::text, t.id = n.id
        FROM unnest(ids, refs) WITH ORDINALITY AS n (id, reference, place)
        JOIN @schema@.ledger_transaction AS t USING (reference)
        ORDER BY n.place;
    END IF;
END $$;
