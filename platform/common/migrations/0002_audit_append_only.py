from django.db import migrations

FORWARD = """
CREATE FUNCTION common_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END $$;
CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON common_auditevent
    FOR EACH ROW EXECUTE FUNCTION common_refuse_change();
"""
BACKWARD = """
DROP TRIGGER audit_append_only ON common_auditevent;
DROP FUNCTION common_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("common", "0001_initial")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
