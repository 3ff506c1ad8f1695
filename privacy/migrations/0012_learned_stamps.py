from django.db import migrations, models

# Also for rows that no service writes: whatever changes learned values changes the stamp, in one transaction.
STAMPS = """
CREATE FUNCTION learned_restamp(changed uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE free bigint;
BEGIN
    SELECT id INTO free FROM privacy_learnedstamp WHERE project IS NOT DISTINCT FROM changed
        ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED;
    IF FOUND THEN
        UPDATE privacy_learnedstamp SET stamp = gen_random_uuid() WHERE id = free;
    ELSE
        INSERT INTO privacy_learnedstamp (project, stamp) VALUES (changed, gen_random_uuid());
    END IF;
END $$;
CREATE FUNCTION learned_value_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN PERFORM learned_restamp(OLD.project); END IF;
    IF TG_OP <> 'DELETE' THEN PERFORM learned_restamp(NEW.project); END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER learned_value_stamped AFTER INSERT OR UPDATE OR DELETE ON privacy_learnedvalue
    FOR EACH ROW EXECUTE FUNCTION learned_value_changed();
INSERT INTO privacy_learnedstamp (project, stamp)
    SELECT project, gen_random_uuid() FROM privacy_learnedvalue GROUP BY project;
"""
DROP_STAMPS = """
DROP TRIGGER learned_value_stamped ON privacy_learnedvalue;
DROP FUNCTION learned_value_changed();
DROP FUNCTION learned_restamp(uuid);
"""


class Migration(migrations.Migration):
    dependencies = [("privacy", "0011_restricted_subjects")]

    operations = [
        migrations.CreateModel(
            name="LearnedStamp",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("project", models.UUIDField(db_index=True, null=True)),
                ("stamp", models.UUIDField()),
            ],
        ),
        migrations.RunSQL(STAMPS, DROP_STAMPS),
    ]
