from django.db import migrations

# Checked at commit, when all legs of a transfer are there; an entry added to an old transfer is checked too.
BALANCED = """
CREATE FUNCTION ledger_refuse_unbalanced() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    subject uuid;
    legs integer;
    total numeric;
BEGIN
    IF TG_TABLE_NAME = 'rewards_entry' THEN subject := NEW.transfer_id; ELSE subject := NEW.id; END IF;
    SELECT count(*), coalesce(sum(amount), 0) INTO legs, total FROM rewards_entry WHERE transfer_id = subject;
    IF legs < 2 OR total <> 0 THEN
        RAISE EXCEPTION 'ledger: transfer % has % entries that add up to %', subject, legs, total
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_transfer_adds_to_zero';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER ledger_transfer_balanced AFTER INSERT ON rewards_transfer
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_refuse_unbalanced();
CREATE CONSTRAINT TRIGGER ledger_entry_balanced AFTER INSERT ON rewards_entry
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_refuse_unbalanced();
"""
DROP_BALANCED = """
DROP TRIGGER ledger_transfer_balanced ON rewards_transfer;
DROP TRIGGER ledger_entry_balanced ON rewards_entry;
DROP FUNCTION ledger_refuse_unbalanced();
"""

APPEND_ONLY = """
CREATE FUNCTION ledger_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'ledger: % is append-only; book a reversal instead', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER ledger_transfer_append_only BEFORE UPDATE OR DELETE ON rewards_transfer
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER ledger_entry_append_only BEFORE UPDATE OR DELETE ON rewards_entry
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
"""
DROP_APPEND_ONLY = """
DROP TRIGGER ledger_transfer_append_only ON rewards_transfer;
DROP TRIGGER ledger_entry_append_only ON rewards_entry;
DROP FUNCTION ledger_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("rewards", "0002_ledgeraccount_spent")]

    operations = [
        migrations.RunSQL(BALANCED, DROP_BALANCED),
        migrations.RunSQL(APPEND_ONLY, DROP_APPEND_ONLY),
    ]
