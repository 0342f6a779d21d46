-- Drop every version of the functions whose parameters may change between releases. No trigger uses
-- them, so nothing depends on them.
DO $$
DECLARE
    old regprocedure;
BEGIN
    FOR old IN
        SELECT p.oid::regprocedure FROM pg_catalog.pg_proc AS p
        WHERE p.pronamespace = '@schema@'::regnamespace
            AND p.proname IN (
                'ledger_post', 'ledger_open', 'ledger_open_all', 'ledger_lock', 'ledger_check_links',
                'ledger_moved', 'ledger_releases', 'ledger_accounts',
                'ledger_keep_snapshots', 'ledger_divide'
            )
    LOOP
        EXECUTE 'DROP FUNCTION ' || old;
    END LOOP;
END $$;
