from django.db import migrations, models

# A memo is words about a person; an erasure may empty it, and that is all that may ever change.
MEMOS_CAN_GO = """
CREATE FUNCTION ledger_only_forgets_memos() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.memo = '' AND to_jsonb(NEW) - 'memo' = to_jsonb(OLD) - 'memo' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'ledger: % is append-only; book a reversal instead', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
DROP TRIGGER ledger_transfer_append_only ON rewards_transfer;
CREATE TRIGGER ledger_transfer_append_only BEFORE UPDATE OR DELETE ON rewards_transfer
    FOR EACH ROW EXECUTE FUNCTION ledger_only_forgets_memos();
"""
NO_MORE = """
DROP TRIGGER ledger_transfer_append_only ON rewards_transfer;
DROP FUNCTION ledger_only_forgets_memos();
CREATE TRIGGER ledger_transfer_append_only BEFORE UPDATE OR DELETE ON rewards_transfer
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("rewards", "0004_money_in_full")]

    operations = [
        migrations.RunSQL(MEMOS_CAN_GO, NO_MORE),
        migrations.AlterField(
            model_name="transfer",
            name="kind",
            field=models.CharField(
                max_length=10,
                choices=[
                    ("fund", "Fund"), ("withdraw", "Withdraw"), ("reserve", "Reserve"),
                    ("release", "Release"), ("pay", "Pay"), ("bonus", "Bonus"), ("reversal", "Reversal"),
                    ("payout", "Payout"), ("settle", "Settle"), ("waive", "Waive"),
                ],
            ),
        ),
    ]
