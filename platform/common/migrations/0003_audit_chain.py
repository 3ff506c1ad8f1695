from django.db import migrations, models

# Reasons were kept in events before; the chain seals events for good, so they move out before it begins.
FORWARD = """
INSERT INTO common_auditnote (event, text)
SELECT id, left(data->>'reason', 500) FROM common_auditevent
WHERE jsonb_typeof(data->'reason') = 'string' AND data->>'reason' <> '';
ALTER TABLE common_auditevent DISABLE TRIGGER audit_append_only;
UPDATE common_auditevent SET data = data - 'reason' WHERE data ? 'reason';
ALTER TABLE common_auditevent ENABLE TRIGGER audit_append_only;
INSERT INTO common_auditpending (event) SELECT id FROM common_auditevent;
CREATE FUNCTION common_audit_to_pending() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO common_auditpending (event) VALUES (NEW.id);
    RETURN NULL;
END $$;
CREATE TRIGGER audit_to_pending AFTER INSERT ON common_auditevent
    FOR EACH ROW EXECUTE FUNCTION common_audit_to_pending();
CREATE TRIGGER audit_link_append_only BEFORE UPDATE OR DELETE ON common_auditlink
    FOR EACH ROW EXECUTE FUNCTION common_refuse_change();
CREATE INDEX audit_link_hash ON common_auditlink USING hash (hash);
"""
BACKWARD = """
DROP TRIGGER audit_link_append_only ON common_auditlink;
DROP TRIGGER audit_to_pending ON common_auditevent;
DROP FUNCTION common_audit_to_pending();
"""


class Migration(migrations.Migration):
    dependencies = [("common", "0002_audit_append_only")]

    operations = [
        migrations.CreateModel(
            name="AuditNote",
            fields=[
                ("event", models.BigIntegerField(primary_key=True, serialize=False)),
                ("text", models.CharField(max_length=500)),
            ],
        ),
        migrations.CreateModel(
            name="AuditPending",
            fields=[("event", models.BigIntegerField(primary_key=True, serialize=False))],
        ),
        migrations.CreateModel(
            name="AuditLink",
            fields=[
                ("position", models.BigIntegerField(primary_key=True, serialize=False)),
                ("event", models.BigIntegerField(unique=True)),
                ("previous", models.BinaryField(max_length=32)),
                ("hash", models.BinaryField(max_length=32)),
                ("sealed_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="AuditCheck",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("asked_by", models.UUIDField(null=True)),
                ("asked_at", models.DateTimeField(auto_now_add=True)),
                (
                    "state",
                    models.CharField(
                        max_length=10,
                        default="asked",
                        choices=[
                            ("asked", "Asked"),
                            ("running", "Running"),
                            ("intact", "Intact"),
                            ("broken", "Broken"),
                        ],
                    ),
                ),
                ("since", models.BigIntegerField(default=0)),
                ("checked", models.BigIntegerField(default=0)),
                ("finished_at", models.DateTimeField(null=True)),
                ("position", models.BigIntegerField(default=0)),
                ("head", models.CharField(default="", max_length=64)),
                ("unsealed", models.BigIntegerField(default=0)),
                ("problems", models.JSONField(default=dict)),
                ("signature", models.CharField(default="", max_length=128)),
                ("public_key", models.CharField(default="", max_length=64)),
            ],
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
