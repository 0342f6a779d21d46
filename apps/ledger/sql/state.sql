-- What holds for the whole book: one row, which every posting looks at and few change.
INSERT INTO @schema@.ledger_state (id) VALUES (1) ON CONFLICT DO NOTHING;

CREATE OR REPLACE TRIGGER ledger_state_stays
    BEFORE DELETE ON @schema@.ledger_state
    FOR EACH ROW EXECUTE FUNCTION @schema@.ledger_refuse_change();
CREATE OR REPLACE TRIGGER ledger_state_no_truncate
    BEFORE TRUNCATE ON @schema@.ledger_state
    FOR EACH STATEMENT EXECUTE FUNCTION @schema@.ledger_refuse_change();
-- What is sealed stays sealed.
CREATE OR REPLACE TRIGGER ledger_state_forward
    BEFORE UPDATE ON @schema@.ledger_state
    FOR EACH ROW WHEN (NEW.sealed_until < OLD.sealed_until)
    EXECUTE FUNCTION @schema@.ledger_refuse_change();

CREATE OR REPLACE TRIGGER ledger_seal_append_only
    BEFORE UPDATE OR DELETE ON @schema@.ledger_seal
    FOR EACH ROW EXECUTE FUNCTION @schema@.ledger_refuse_change();
CREATE OR REPLACE TRIGGER ledger_seal_no_truncate
    BEFORE TRUNCATE ON @schema@.ledger_seal
    FOR EACH STATEMENT EXECUTE FUNCTION @schema@.ledger_refuse_change();

-- A period is closed, and may be opened again, once; what was decided stays written.
CREATE OR REPLACE TRIGGER ledger_period_stays
    BEFORE DELETE ON @schema@.ledger_period
    FOR EACH ROW EXECUTE FUNCTION @schema@.ledger_refuse_change();
CREATE OR REPLACE TRIGGER ledger_period_no_truncate
    BEFORE TRUNCATE ON @schema@.ledger_period
    FOR EACH STATEMENT EXECUTE FUNCTION @schema@.ledger_refuse_change();
CREATE OR REPLACE TRIGGER ledger_period_immutable
    BEFORE UPDATE ON @schema@.ledger_period
    FOR EACH ROW WHEN (
        OLD.reopened_at IS NOT NULL
        OR (OLD.id, OLD.account_id, OLD.created_at, OLD.starts_at, OLD.ends_at, OLD.closed_by)
            IS DISTINCT FROM
            (NEW.id, NEW.account_id, NEW.created_at, NEW.starts_at, NEW.ends_at, NEW.closed_by)
    ) EXECUTE FUNCTION @schema@.ledger_refuse_change();

-- Who proposed what stays written, and a decision is made once.
CREATE OR REPLACE TRIGGER ledger_proposal_stays
    BEFORE DELETE ON @schema@.ledger_proposal
    FOR EACH ROW EXECUTE FUNCTION @schema@.ledger_refuse_change();
CREATE OR REPLACE TRIGGER ledger_proposal_immutable
    BEFORE UPDATE ON @schema@.ledger_proposal
    FOR EACH ROW WHEN (
        OLD.decided_at IS NOT NULL
        OR (OLD.id, OLD.account_id, OLD.created_at, OLD.transaction_id, OLD.reason, OLD.proposed_by)
            IS DISTINCT FROM
            (NEW.id, NEW.account_id, NEW.created_at, NEW.transaction_id, NEW.reason,
             NEW.proposed_by)
    ) EXECUTE FUNCTION @schema@.ledger_refuse_change();
